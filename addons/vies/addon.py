"""What the addon offers to the kernel."""

from __future__ import annotations

from addons.vies.connector import Vies
from addons.vies.settings import ViesConnection
from core.api import hookimpl


class Addon:
    """VIES, the VAT information exchange system."""

    connection_schema = ViesConnection

    @hookimpl
    def connectors(self) -> list[Vies]:
        """Offer the connector."""
        return [Vies()]
