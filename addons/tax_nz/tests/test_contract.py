"""The regime keeps the contract of tax regimes."""

from __future__ import annotations

from datetime import date

from addons.tax_nz.regime import NzGst
from core.api import Registration
from core.testkit.addon import AddonContract
from core.testkit.tax import TaxRegimeContract


class TestAddon(AddonContract):
    """The addon by the contract."""

    addon = "tax_nz"


class TestNzGst(TaxRegimeContract):
    """New Zealand GST by the contract."""

    addon = "tax_nz"
    law = NzGst
    registration = Registration("NZ", "local")
    home = "NZ"
    standard_rates = {
        date(1986, 10, 1): 100000,
        date(1989, 7, 1): 125000,
        date(2010, 10, 1): 150000,
    }
