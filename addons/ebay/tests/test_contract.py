"""The addon keeps the contracts of addons and of connectors."""

from __future__ import annotations

from pathlib import Path

from core.testkit.addon import AddonContract
from core.testkit.connector import ConnectorContract
from core.testkit.fakes.ebay.keys import SigningKeys

PRIVATE, JWE = SigningKeys().first


class TestAddon(AddonContract):
    """The addon by the contract."""

    addon = "ebay"


class TestConnector(ConnectorContract):
    """The connector by the contract, on what the simulated eBay answered."""

    addon = "ebay"
    settings = {
        "disputes": True,
        "ads": True,
        "seller": "entrepot_fake",
        "marketplace": "EBAY_GB",
        "client_id": "Entrepot-Test-PRD-0",
        "client_secret": "PRD-secret-of-a-test-app",
        "refresh_token": "v^1.1#refresh-token-of-a-test",
        "signing_key": PRIVATE,
        "signing_jwe": JWE,
        "vat_in_prices": "GB 20",
        "messages": True,
    }
    cassettes = Path(__file__).parent / "cassettes"
    status_field = "orderFulfillmentStatus"
    personal = ("Ann Buyer", "ann@buyer.example", "1 Mill Lane")
    listings = ("MUG-BLUE", "TOWEL")
