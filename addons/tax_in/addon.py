"""What the addon offers to the kernel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from addons.tax_in.regime import InGst
from core.api import TaxRegime
from core.api import hookimpl

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class Addon:
    """Indian GST."""

    @hookimpl
    def tax_regimes(self, session: Session) -> Sequence[TaxRegime]:
        """Offer the regime; it needs no settings."""
        return [InGst()]
