"""The regime keeps the contract of tax regimes."""

from __future__ import annotations

from datetime import date

from addons.tax_us.regime import UsSalesTax
from core.api import Registration
from core.testkit.addon import AddonContract
from core.testkit.tax import TaxRegimeContract


class TestAddon(AddonContract):
    """The addon by the contract."""

    addon = "tax_us"


class TestUsSalesTax(TaxRegimeContract):
    """United States sales tax by the contract."""

    addon = "tax_us"
    law = UsSalesTax
    registration = Registration("US", "nexus", "MA")
    places = {"region": "MA"}
    home = "US"
    standard_rates = {
        date(2018, 6, 21): 62500,
    }
