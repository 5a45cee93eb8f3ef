"""The regime keeps the contract of tax regimes."""

from __future__ import annotations

from datetime import date

from addons.tax_ca.regime import CaGst
from core.api import Registration
from core.testkit.addon import AddonContract
from core.testkit.tax import TaxRegimeContract


class TestAddon(AddonContract):
    """The addon by the contract."""

    addon = "tax_ca"


class TestCaGst(TaxRegimeContract):
    """Canadian GST, HST, QST and PST by the contract."""

    addon = "tax_ca"
    law = CaGst
    registration = Registration("CA", "local")
    places = {"region": "ON"}
    home = "CA"
    standard_rates = {
        date(2010, 7, 1): 130000,
    }
