"""The regime keeps the contract of tax regimes."""

from __future__ import annotations

from datetime import date

from addons.tax_jp.regime import JpJct
from core.api import Registration
from core.testkit.addon import AddonContract
from core.testkit.tax import TaxRegimeContract


class TestAddon(AddonContract):
    """The addon by the contract."""

    addon = "tax_jp"


class TestJpJct(TaxRegimeContract):
    """Japanese consumption tax by the contract."""

    addon = "tax_jp"
    law = JpJct
    registration = Registration("JP", "local")
    home = "JP"
    standard_rates = {
        date(1989, 4, 1): 30000,
        date(1997, 4, 1): 50000,
        date(2014, 4, 1): 80000,
        date(2019, 10, 1): 100000,
    }
