"""The regime keeps the contract of tax regimes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from addons.tax_ch.regime import ChVat
from core.api import Registration
from core.api import Seller
from core.api import TaxFacts
from core.testkit.addon import AddonContract
from core.testkit.tax import TaxRegimeContract


class TestAddon(AddonContract):
    """The addon by the contract."""

    addon = "tax_ch"


class TestChVat(TaxRegimeContract):
    """Swiss VAT by the contract."""

    addon = "tax_ch"
    home = "CH"
    standard_rates = {
        date(2011, 1, 1): 80000,
        date(2018, 1, 1): 77000,
        date(2024, 1, 1): 81000,
    }

    @pytest.fixture
    def regime(self) -> ChVat:
        """Return the regime as it is by default."""
        return ChVat()

    def sale(self, taxed_on: date, ship_to: str | None = None) -> TaxFacts:
        """Return a sale by a registered seller on a site of his own."""
        seller = Seller((Registration("CH", "local"),))
        sale = super().sale(taxed_on, ship_to)
        return replace(sale, channel="own", seller=seller)
