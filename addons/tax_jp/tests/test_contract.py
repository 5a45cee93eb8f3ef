"""The regime keeps the contract of tax regimes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from addons.tax_jp.regime import JpJct
from core.api import Registration
from core.api import Seller
from core.api import TaxFacts
from core.testkit.addon import AddonContract
from core.testkit.tax import TaxRegimeContract


class TestAddon(AddonContract):
    """The addon by the contract."""

    addon = "tax_jp"


class TestJpJct(TaxRegimeContract):
    """Japanese consumption tax by the contract."""

    addon = "tax_jp"
    home = "JP"
    standard_rates = {
        date(1989, 4, 1): 30000,
        date(1997, 4, 1): 50000,
        date(2014, 4, 1): 80000,
        date(2019, 10, 1): 100000,
    }

    @pytest.fixture
    def regime(self) -> JpJct:
        """Return the regime as it is by default."""
        return JpJct()

    def sale(self, taxed_on: date, ship_to: str | None = None) -> TaxFacts:
        """Return a sale by a registered seller on a site of his own."""
        seller = Seller((Registration("JP", "local"),))
        sale = super().sale(taxed_on, ship_to)
        return replace(sale, channel="own", seller=seller)
