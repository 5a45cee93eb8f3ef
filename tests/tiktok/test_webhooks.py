"""Webhooks of the simulated TikTok Shop: hints that are signed, and count once."""

from __future__ import annotations

import pytest

from core import clock
from core.testkit.fakes.tiktok import TiktokFake
from core.testkit.fakes.tiktok.notifications import CANCELLED_BY_SELLER
from core.testkit.fakes.tiktok.notifications import Push
from core.testkit.fakes.tiktok.notifications import deliveries
from core.testkit.fakes.tiktok.notifications import push
from core.webhooks.inbox import Outcome
from core.webhooks.inbox import receive
from core.webhooks.inbox import waiting_webhooks
from core.webhooks.signatures import WebhookMessage
from tests.tiktok.conftest import Connected
from tests.tiktok.conftest import Seller


@pytest.fixture
def seller(connected: Connected) -> Seller:
    return connected(TiktokFake.lived(seed=7, orders=12, factor=10_000, settle_days=15))


def came(seller: Seller, delivery: Push, body: bytes | None = None) -> Outcome:
    headers = {name.lower(): value for name, value in delivery.headers.items()}
    content = delivery.body if body is None else body
    message = WebhookMessage(content, headers, "/webhooks", "", clock.now())
    return receive(seller.kernel, "tiktok_shop", seller.connection.id, message)


def test_each_event_counts_once_and_wakes_the_fetching(seller: Seller) -> None:
    sales = list(seller.fake.trade.sales.values())
    found = [came(seller, each) for each in deliveries(seller.fake, sales)]

    assert found.count(Outcome.STORED) == 12
    assert found.count(Outcome.REPEATED) == len(found) - 12 > 0
    with seller.kernel.db.read() as session:
        notes = waiting_webhooks(session, seller.connection)
    assert {note.topic for note in notes} == {"1"}
    assert {note.about for note in notes} == {sale.ref for sale in sales}
    jobs = seller.world.rows("SELECT COUNT(*) FROM kernel_job WHERE task = 'orders.pull'")
    assert jobs[0][0] == 1


def test_what_is_not_signed_by_the_app_is_refused(seller: Seller) -> None:
    (delivery,) = deliveries(seller.fake, list(seller.fake.trade.sales.values())[:1], repeated=0)

    assert came(seller, delivery, delivery.body + b" ") is Outcome.REFUSED
    assert came(seller, Push({"Authorization": "0" * 64}, delivery.body)) is Outcome.REFUSED
    assert came(seller, Push({}, delivery.body)) is Outcome.REFUSED
    assert came(seller, delivery) is Outcome.STORED


def test_a_message_of_another_kind_wakes_nobody(seller: Seller) -> None:
    assert came(seller, push(seller.fake, CANCELLED_BY_SELLER, "1", {})) is Outcome.STORED
    jobs = seller.world.rows("SELECT COUNT(*) FROM kernel_job WHERE task = 'orders.pull'")
    assert jobs[0][0] == 0
