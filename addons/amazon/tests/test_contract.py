"""The addon keeps the contracts of addons and of connectors."""

from __future__ import annotations

from pathlib import Path

from core.api import MessageDraft
from core.testkit.addon import AddonContract
from core.testkit.connector import ConnectorContract
from core.testkit.sending import FulfilmentContract

SETTINGS = {
    "seller_id": "A2FAKESELLER01",
    "marketplace": "A1F83G8C2ARO7P",
    "client_id": "amzn1.application-oa2-client.test",
    "client_secret": "secret-of-a-test-account",
    "refresh_token": "Atzr|of-a-test-account",
    "personal": True,
    "reports": True,
}


class TestAddon(AddonContract):
    """The addon by the contract."""

    addon = "amazon"


class TestConnector(ConnectorContract):
    """The connector by the contract, on what the simulated marketplace answered."""

    addon = "amazon"
    settings = SETTINGS
    cassettes = Path(__file__).parent / "cassettes"
    status_field = "fulfillmentStatus"
    personal = ("Ann Buyer", "ann@buyer.example", "1 Mill Lane")
    listings = ("MUG-BLUE", "TOWEL")
    message = MessageDraft("1.1", "confirmOrderDetails", "It left today.", order_id="1001")
    # Amazon tells refunds with the money, in finances and settlements.
    refunds_with_orders = False


class TestFulfilments(FulfilmentContract):
    """What Amazon sends for other channels, by the contract of warehouses of others."""

    addon = "amazon"
    settings = SETTINGS
    cassettes = Path(__file__).parent / "cassettes"
    listings = ("MUG-BLUE", "TOWEL")
