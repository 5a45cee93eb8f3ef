"""The regime keeps the contract of tax regimes."""

from __future__ import annotations

from datetime import date

from addons.tax_ch.regime import ChVat
from core.api import Registration
from core.testkit.addon import AddonContract
from core.testkit.tax import TaxRegimeContract


class TestAddon(AddonContract):
    """The addon by the contract."""

    addon = "tax_ch"


class TestChVat(TaxRegimeContract):
    """Swiss VAT by the contract."""

    addon = "tax_ch"
    law = ChVat
    registration = Registration("CH", "local")
    home = "CH"
    standard_rates = {
        date(2011, 1, 1): 80000,
        date(2018, 1, 1): 77000,
        date(2024, 1, 1): 81000,
    }
