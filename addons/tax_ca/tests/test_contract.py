"""The regime keeps the contract of tax regimes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from addons.tax_ca.regime import CaGst
from core.api import Registration
from core.api import Seller
from core.api import TaxFacts
from core.testkit.addon import AddonContract
from core.testkit.tax import TaxRegimeContract


class TestAddon(AddonContract):
    """The addon by the contract."""

    addon = "tax_ca"


class TestCaGst(TaxRegimeContract):
    """Canadian GST, HST, QST and PST by the contract."""

    addon = "tax_ca"
    home = "CA"
    standard_rates = {
        date(2010, 7, 1): 130000,
    }

    @pytest.fixture
    def regime(self) -> CaGst:
        """Return the regime as it is by default."""
        return CaGst()

    def sale(self, taxed_on: date, ship_to: str | None = None) -> TaxFacts:
        """Return a sale by a registered seller on a site of his own."""
        seller = Seller((Registration("CA", "local"),))
        sale = super().sale(taxed_on, ship_to)
        return replace(sale, channel="own", seller=seller, region="ON")
