"""What the addon offers to the kernel."""

from __future__ import annotations

from addons.tiktok_shop.connector import TiktokShop
from addons.tiktok_shop.login import LOGIN
from addons.tiktok_shop.notifications import WEBHOOKS
from addons.tiktok_shop.settings import TiktokConnection
from core.api import hookimpl


class Addon:
    """TikTok Shop."""

    connection_schema = TiktokConnection
    oauth = LOGIN
    webhooks = WEBHOOKS

    @hookimpl
    def connectors(self) -> list[TiktokShop]:
        """Offer the connector."""
        return [TiktokShop()]
