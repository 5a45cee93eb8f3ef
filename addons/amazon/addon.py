"""What the addon offers to the kernel."""

from __future__ import annotations

from addons.amazon.connector import Amazon
from addons.amazon.login import LOGIN
from addons.amazon.settings import AmazonConnection
from core.api import hookimpl


class Addon:
    """Amazon."""

    connection_schema = AmazonConnection
    oauth = LOGIN

    @hookimpl
    def connectors(self) -> list[Amazon]:
        """Offer the connector."""
        return [Amazon()]
