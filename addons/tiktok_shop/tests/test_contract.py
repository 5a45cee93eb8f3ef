"""The addon keeps the contracts of addons and of connectors."""

from __future__ import annotations

from pathlib import Path

from core.testkit.addon import AddonContract
from core.testkit.connector import ConnectorContract


class TestAddon(AddonContract):
    """The addon by the contract."""

    addon = "tiktok_shop"


class TestConnector(ConnectorContract):
    """The connector by the contract, on what the simulated TikTok Shop answered."""

    addon = "tiktok_shop"
    settings = {
        "shop": "GBLCFAKE01",
        "region": "GB",
        "app_key": "6fake0app0key",
        "app_secret": "app-secret-of-a-test-0123456789",
        "refresh_token": "TTR_refresh-token-of-a-test",
        "vat_in_prices": "GB 20",
        "messages": True,
    }
    cassettes = Path(__file__).parent / "cassettes"
    status_field = "status"
    personal = ("Ann Buyer", "1 Mill Lane")
    listings = ("MUG-BLUE", "TOWEL")
