"""What the addon offers to the kernel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from addons.tax_eu.regime import EuVat
from core.api import TaxRegime
from core.api import hookimpl

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class Addon:
    """European Union VAT."""

    @hookimpl
    def tax_regimes(self, session: Session) -> Sequence[TaxRegime]:
        """Offer the Union's VAT, that of all member states."""
        return [EuVat()]
