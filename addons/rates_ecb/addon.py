"""What the addon offers to the kernel."""

from __future__ import annotations

from collections.abc import Sequence

from addons.rates_ecb.source import EcbRates
from core.api import RateSource
from core.api import hookimpl


class Addon:
    """Reference rates of the European Central Bank."""

    @hookimpl
    def rate_sources(self) -> Sequence[RateSource]:
        """Offer the reference rates."""
        return [EcbRates()]
