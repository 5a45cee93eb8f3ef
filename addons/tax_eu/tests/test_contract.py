"""EU VAT by the contract, from Germany's side."""

from __future__ import annotations

from datetime import date

from addons.tax_eu.regime import EuVat
from core.testkit.addon import AddonContract
from core.testkit.tax import TaxRegimeContract


class TestAddon(AddonContract):
    """The addon by the contract."""

    addon = "tax_eu"


class TestEuVat(TaxRegimeContract):
    """EU VAT by the contract."""

    addon = "tax_eu"
    law = EuVat
    home = "DE"
    standard_rates = {
        date(1968, 1, 1): 100_000,
        date(1968, 7, 1): 110_000,
        date(1978, 1, 1): 120_000,
        date(1979, 7, 1): 130_000,
        date(1983, 7, 1): 140_000,
        date(1993, 1, 1): 150_000,
        date(1998, 4, 1): 160_000,
        date(2007, 1, 1): 190_000,
        date(2020, 7, 1): 160_000,
        date(2021, 1, 1): 190_000,
    }
