"""What the addon offers to the kernel."""

from __future__ import annotations

from addons.ebay.connector import Ebay
from addons.ebay.login import LOGIN
from addons.ebay.notifications import WEBHOOKS
from addons.ebay.settings import EbayConnection
from core.api import hookimpl


class Addon:
    """eBay."""

    connection_schema = EbayConnection
    oauth = LOGIN
    webhooks = WEBHOOKS

    @hookimpl
    def connectors(self) -> list[Ebay]:
        """Offer the connector."""
        return [Ebay()]
