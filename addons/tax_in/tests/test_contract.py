"""The regime keeps the contract of tax regimes."""

from __future__ import annotations

from datetime import date

from addons.tax_in.regime import InGst
from core.api import Registration
from core.testkit.addon import AddonContract
from core.testkit.tax import TaxRegimeContract


class TestAddon(AddonContract):
    """The addon by the contract."""

    addon = "tax_in"


class TestInGst(TaxRegimeContract):
    """Indian GST by the contract."""

    addon = "tax_in"
    law = InGst
    registration = Registration("IN", "local")
    places = {"region": "MH", "from_region": "KA"}
    home = "IN"
    standard_rates = {
        date(2017, 7, 1): 180000,
    }
