"""Webhooks of the simulated Shopify: hints that are signed, and count once."""

from __future__ import annotations

import base64
import json

import pytest

from addons.shopify.login import check_back
from core import clock
from core.errors import AuthFailed
from core.kernel.secrets import SecretText
from core.testkit.fakes.shopify import ShopifyFake
from core.testkit.fakes.shopify.hooks import Delivery
from core.testkit.fakes.shopify.hooks import deliveries
from core.testkit.fakes.shopify.hooks import signature
from core.testkit.fakes.shopify.login import hmac_of
from core.webhooks.inbox import Outcome
from core.webhooks.inbox import receive
from core.webhooks.inbox import waiting_webhooks
from core.webhooks.signatures import WebhookMessage
from tests.shopify.conftest import SHARED
from tests.shopify.conftest import Connected
from tests.shopify.conftest import Seller


@pytest.fixture
def seller(connected: Connected) -> Seller:
    return connected(ShopifyFake.lived(seed=7, orders=12, factor=10_000))


def came(seller: Seller, delivery: Delivery, body: bytes | None = None) -> Outcome:
    headers = {name.lower(): value for name, value in delivery.headers.items()}
    content = delivery.body if body is None else body
    message = WebhookMessage(content, headers, "/webhooks", "", clock.now())
    return receive(seller.kernel, "shopify", seller.connection.id, message)


def test_each_event_counts_once_and_wakes_the_fetching(seller: Seller) -> None:
    sales = list(seller.fake.trade.sales.values())
    found = [came(seller, each) for each in deliveries(seller.fake, sales)]

    assert found.count(Outcome.STORED) == 12
    assert found.count(Outcome.REPEATED) == len(found) - 12 > 0
    with seller.kernel.db.read() as session:
        notes = waiting_webhooks(session, seller.connection)
    assert {note.topic for note in notes} == {"orders/updated"}
    assert all(note.about.startswith("gid://shopify/Order/") for note in notes)
    jobs = seller.world.rows("SELECT COUNT(*) FROM kernel_job WHERE task = 'orders.pull'")
    assert jobs[0][0] == 1


def test_what_is_not_signed_is_refused(seller: Seller) -> None:
    (delivery,) = deliveries(seller.fake, list(seller.fake.trade.sales.values())[:1], repeated=0)

    assert came(seller, delivery, delivery.body + b" ") is Outcome.REFUSED
    forged = Delivery({**delivery.headers, "X-Shopify-Hmac-Sha256": "no"}, delivery.body)
    assert came(seller, forged) is Outcome.REFUSED
    assert came(seller, delivery) is Outcome.STORED


def test_signatures_are_those_of_the_vectors() -> None:
    path = SHARED / "specs" / "signing" / "signing_vectors.json"
    if not path.is_file():
        pytest.skip(f"the signing vectors are not at {path}")
    told = json.loads(path.read_text(encoding="utf-8"))
    vectors = {
        each["name"]: each
        for each in (told if isinstance(told, list) else told["vectors"])
        if each["platform"] == "shopify"
    }
    webhook = vectors["X-Shopify-Hmac-Sha256"]
    back = vectors["oauth_callback_hmac"]

    given = webhook["inputs"]
    assert signature(given["client_secret"], given["raw_body"].encode()) == webhook["expected"]
    assert len(base64.b64decode(webhook["expected"])) == 32
    query, secret = back["inputs"]["query"], back["inputs"]["client_secret"]
    assert hmac_of(query, secret) == back["expected"]
    settings = {"client_secret": SecretText(secret), "shop": query["shop"]}
    check_back(settings, {**query, "hmac": back["expected"]})
    with pytest.raises(AuthFailed):
        check_back(settings, {**query, "hmac": back["expected"][::-1]})
