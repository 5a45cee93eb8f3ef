"""The UK regime keeps the contract of tax regimes."""

from __future__ import annotations

from datetime import date

from addons.tax_uk.regime import UkVat
from core.testkit.addon import AddonContract
from core.testkit.tax import TaxRegimeContract


class TestAddon(AddonContract):
    """The addon by the contract."""

    addon = "tax_uk"


class TestUkVat(TaxRegimeContract):
    """UK VAT by the contract."""

    addon = "tax_uk"
    law = UkVat
    home = "GB"
    standard_rates = {
        date(1973, 4, 1): 100_000,
        date(1974, 7, 29): 80_000,
        date(1979, 6, 18): 150_000,
        date(1991, 4, 1): 175_000,
        date(2008, 12, 1): 150_000,
        date(2010, 1, 1): 175_000,
        date(2011, 1, 4): 200_000,
    }
