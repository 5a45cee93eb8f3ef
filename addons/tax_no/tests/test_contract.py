"""The regime keeps the contract of tax regimes."""

from __future__ import annotations

from datetime import date

from addons.tax_no.regime import NoVat
from core.api import Registration
from core.testkit.addon import AddonContract
from core.testkit.tax import TaxRegimeContract


class TestAddon(AddonContract):
    """The addon by the contract."""

    addon = "tax_no"


class TestNoVat(TaxRegimeContract):
    """Norwegian VAT by the contract."""

    addon = "tax_no"
    law = NoVat
    registration = Registration("NO", "local")
    home = "NO"
    standard_rates = {
        date(2005, 1, 1): 250000,
    }
