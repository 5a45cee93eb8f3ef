"""The regime keeps the contract of tax regimes."""

from __future__ import annotations

from datetime import date

from addons.tax_sg.regime import SgGst
from core.api import Registration
from core.testkit.addon import AddonContract
from core.testkit.tax import TaxRegimeContract


class TestAddon(AddonContract):
    """The addon by the contract."""

    addon = "tax_sg"


class TestSgGst(TaxRegimeContract):
    """Singapore GST by the contract."""

    addon = "tax_sg"
    law = SgGst
    registration = Registration("SG", "local")
    home = "SG"
    standard_rates = {
        date(1994, 4, 1): 30000,
        date(2003, 1, 1): 40000,
        date(2004, 1, 1): 50000,
        date(2007, 7, 1): 70000,
        date(2023, 1, 1): 80000,
        date(2024, 1, 1): 90000,
    }
