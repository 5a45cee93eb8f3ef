"""The regime keeps the contract of tax regimes."""

from __future__ import annotations

from datetime import date

from addons.tax_au.regime import AuGst
from core.api import Registration
from core.testkit.addon import AddonContract
from core.testkit.tax import TaxRegimeContract


class TestAddon(AddonContract):
    """The addon by the contract."""

    addon = "tax_au"


class TestAuGst(TaxRegimeContract):
    """Australian GST by the contract."""

    addon = "tax_au"
    law = AuGst
    registration = Registration("AU", "local")
    home = "AU"
    standard_rates = {
        date(2000, 7, 1): 100000,
    }
