"""The regime keeps the contract of tax regimes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from addons.tax_us.regime import UsSalesTax
from core.api import Registration
from core.api import Seller
from core.api import TaxFacts
from core.testkit.addon import AddonContract
from core.testkit.tax import TaxRegimeContract


class TestAddon(AddonContract):
    """The addon by the contract."""

    addon = "tax_us"


class TestUsSalesTax(TaxRegimeContract):
    """United States sales tax by the contract."""

    addon = "tax_us"
    home = "US"
    standard_rates = {
        date(2018, 6, 21): 62500,
    }

    @pytest.fixture
    def regime(self) -> UsSalesTax:
        """Return the regime as it is by default."""
        return UsSalesTax()

    def sale(self, taxed_on: date, ship_to: str | None = None) -> TaxFacts:
        """Return a sale by a registered seller on a site of his own."""
        seller = Seller((Registration("US", "nexus", "MA"),))
        sale = super().sale(taxed_on, ship_to)
        return replace(sale, channel="own", seller=seller, region="MA")
