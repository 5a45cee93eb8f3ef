"""The regime keeps the contract of tax regimes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from addons.tax_no.regime import NoVat
from core.api import Registration
from core.api import Seller
from core.api import TaxFacts
from core.testkit.addon import AddonContract
from core.testkit.tax import TaxRegimeContract


class TestAddon(AddonContract):
    """The addon by the contract."""

    addon = "tax_no"


class TestNoVat(TaxRegimeContract):
    """Norwegian VAT by the contract."""

    addon = "tax_no"
    home = "NO"
    standard_rates = {
        date(2005, 1, 1): 250000,
    }

    @pytest.fixture
    def regime(self) -> NoVat:
        """Return the regime as it is by default."""
        return NoVat()

    def sale(self, taxed_on: date, ship_to: str | None = None) -> TaxFacts:
        """Return a sale by a registered seller on a site of his own."""
        seller = Seller((Registration("NO", "local"),))
        sale = super().sale(taxed_on, ship_to)
        return replace(sale, channel="own", seller=seller)
