"""What the addon offers to the kernel."""

from __future__ import annotations

from collections.abc import Sequence

from addons.tax_uk.regime import UkVat
from core.api import TaxRegime
from core.api import hookimpl


class Addon:
    """United Kingdom VAT."""

    @hookimpl
    def tax_regimes(self) -> Sequence[TaxRegime]:
        """Offer the UK's VAT."""
        return [UkVat()]
