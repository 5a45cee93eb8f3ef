"""What the addon offers to the kernel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from addons.tax_uk.regime import UkVat
from addons.tax_uk.settings import TaxUkSettings
from core.api import TaxRegime
from core.api import addon_settings
from core.api import hookimpl

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class Addon:
    """United Kingdom VAT."""

    settings_schema = TaxUkSettings

    @hookimpl
    def tax_regimes(self, session: Session) -> Sequence[TaxRegime]:
        """Offer the UK's VAT."""
        return [UkVat(addon_settings(session, "tax_uk"))]
