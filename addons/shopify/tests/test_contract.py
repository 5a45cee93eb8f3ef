"""The addon keeps the contracts of addons and of connectors."""

from __future__ import annotations

from pathlib import Path

from core.testkit.addon import AddonContract
from core.testkit.connector import ConnectorContract


class TestAddon(AddonContract):
    """The addon by the contract."""

    addon = "shopify"


class TestConnector(ConnectorContract):
    """The connector by the contract, on what the simulated shop answered."""

    addon = "shopify"
    settings = {
        "shop": "entrepot-fake.myshopify.com",
        "access_token": "shpat_of_a_test_shop",
        "client_id": "client-of-a-test-app",
        "client_secret": "shpss_of_a_test_app",
        "personal": True,
        "disputes": True,
    }
    cassettes = Path(__file__).parent / "cassettes"
    status_field = "displayFulfillmentStatus"
    personal = ("Ann Buyer", "ann@buyer.example", "1 Mill Lane")
    listings = ("MUG-BLUE", "TOWEL")
