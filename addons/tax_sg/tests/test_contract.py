"""The regime keeps the contract of tax regimes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from addons.tax_sg.regime import SgGst
from core.api import Registration
from core.api import Seller
from core.api import TaxFacts
from core.testkit.addon import AddonContract
from core.testkit.tax import TaxRegimeContract


class TestAddon(AddonContract):
    """The addon by the contract."""

    addon = "tax_sg"


class TestSgGst(TaxRegimeContract):
    """Singapore GST by the contract."""

    addon = "tax_sg"
    home = "SG"
    standard_rates = {
        date(1994, 4, 1): 30000,
        date(2003, 1, 1): 40000,
        date(2004, 1, 1): 50000,
        date(2007, 7, 1): 70000,
        date(2023, 1, 1): 80000,
        date(2024, 1, 1): 90000,
    }

    @pytest.fixture
    def regime(self) -> SgGst:
        """Return the regime as it is by default."""
        return SgGst()

    def sale(self, taxed_on: date, ship_to: str | None = None) -> TaxFacts:
        """Return a sale by a registered seller on a site of his own."""
        seller = Seller((Registration("SG", "local"),))
        sale = super().sale(taxed_on, ship_to)
        return replace(sale, channel="own", seller=seller)
