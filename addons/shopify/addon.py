"""What the addon offers to the kernel."""

from __future__ import annotations

from collections.abc import Sequence

from addons.shopify.connector import Shopify
from addons.shopify.login import LOGIN
from addons.shopify.pack import shopify_fees
from addons.shopify.settings import ShopifyConnection
from addons.shopify.webhooks import WEBHOOKS
from core.api import FeePack
from core.api import hookimpl


class Addon:
    """Shopify."""

    connection_schema = ShopifyConnection
    oauth = LOGIN
    webhooks = WEBHOOKS

    @hookimpl
    def connectors(self) -> list[Shopify]:
        """Offer the connector."""
        return [Shopify()]

    @hookimpl
    def fee_packs(self) -> Sequence[FeePack]:
        """Offer what Shopify's balance transactions mean."""
        return [shopify_fees()]
