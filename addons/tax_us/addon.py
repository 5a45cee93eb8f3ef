"""What the addon offers to the kernel."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from addons.tax_us.regime import UsSalesTax
from addons.tax_us.settings import TaxUsSettings
from addons.tax_us.settings import local_rates
from core.api import TaxRegime
from core.api import addon_settings
from core.api import hookimpl
from core.api import place_rates

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class Addon:
    """United States sales tax."""

    settings_schema = TaxUsSettings

    @hookimpl
    def tax_regimes(self, session: Session) -> Sequence[TaxRegime]:
        """Offer the sales taxes of the states."""
        noted = local_rates(addon_settings(session, "tax_us"))
        return [UsSalesTax(noted, partial(place_rates, session))]
