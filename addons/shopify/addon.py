"""What the addon offers to the kernel."""

from __future__ import annotations

from addons.shopify.connector import Shopify
from addons.shopify.login import LOGIN
from addons.shopify.settings import ShopifyConnection
from core.api import hookimpl


class Addon:
    """Shopify."""

    connection_schema = ShopifyConnection
    oauth = LOGIN

    @hookimpl
    def connectors(self) -> list[Shopify]:
        """Offer the connector."""
        return [Shopify()]
