"""The regime keeps the contract of tax regimes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from addons.tax_nz.regime import NzGst
from core.api import Registration
from core.api import Seller
from core.api import TaxFacts
from core.testkit.addon import AddonContract
from core.testkit.tax import TaxRegimeContract


class TestAddon(AddonContract):
    """The addon by the contract."""

    addon = "tax_nz"


class TestNzGst(TaxRegimeContract):
    """New Zealand GST by the contract."""

    addon = "tax_nz"
    home = "NZ"
    standard_rates = {
        date(1986, 10, 1): 100000,
        date(1989, 7, 1): 125000,
        date(2010, 10, 1): 150000,
    }

    @pytest.fixture
    def regime(self) -> NzGst:
        """Return the regime as it is by default."""
        return NzGst()

    def sale(self, taxed_on: date, ship_to: str | None = None) -> TaxFacts:
        """Return a sale by a registered seller on a site of his own."""
        seller = Seller((Registration("NZ", "local"),))
        sale = super().sale(taxed_on, ship_to)
        return replace(sale, channel="own", seller=seller)
