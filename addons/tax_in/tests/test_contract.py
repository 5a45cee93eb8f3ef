"""The regime keeps the contract of tax regimes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from addons.tax_in.regime import InGst
from core.api import Registration
from core.api import Seller
from core.api import TaxFacts
from core.testkit.addon import AddonContract
from core.testkit.tax import TaxRegimeContract


class TestAddon(AddonContract):
    """The addon by the contract."""

    addon = "tax_in"


class TestInGst(TaxRegimeContract):
    """Indian GST by the contract."""

    addon = "tax_in"
    home = "IN"
    standard_rates = {
        date(2017, 7, 1): 180000,
    }

    @pytest.fixture
    def regime(self) -> InGst:
        """Return the regime as it is by default."""
        return InGst()

    def sale(self, taxed_on: date, ship_to: str | None = None) -> TaxFacts:
        """Return a sale by a registered seller on a site of his own."""
        seller = Seller((Registration("IN", "local"),))
        sale = super().sale(taxed_on, ship_to)
        return replace(sale, channel="own", seller=seller, region="MH", from_region="KA")
