"""Webhooks of the simulated TikTok Shop: hints that are signed, and count once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from addons.tiktok_shop.jobs import heed
from addons.tiktok_shop.notifications import WEBHOOKS
from core import clock
from core.http.tokens import authorised_until
from core.kernel.connections import NEEDS_CREDENTIALS
from core.kernel.connections import OK
from core.kernel.connections import connection_by_id
from core.kernel.jobs import JobContext
from core.testkit.fakes.tiktok import TiktokFake
from core.testkit.fakes.tiktok.login import REFRESH_LIFE
from core.testkit.fakes.tiktok.notifications import DEAUTHORISED
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


def woken(seller: Seller) -> set[str]:
    """Return the jobs that were begun for messages."""
    rows = seller.world.rows(
        "SELECT task FROM kernel_job WHERE connection_id IS NOT NULL AND state = 'waiting'"
    )
    return {task for (task,) in rows}


@pytest.mark.parametrize(
    ("kind", "task"),
    [
        *((kind, "orders.pull") for kind in (1, 2, 3, 4, 11, 36)),
        *((kind, "messages.pull") for kind in (13, 14)),
        *((kind, "tiktok_shop.heed") for kind in (5, 6, 7, 12)),
    ],
)
def test_every_kind_leads_to_what_fetches_it(kind: int, task: str) -> None:
    assert WEBHOOKS.task_of(str(kind)) == task


def test_returns_and_products_are_fetched_and_a_shop_that_left_is_shown(seller: Seller) -> None:
    for kind in (5, 12):
        assert came(seller, push(seller.fake, kind, str(kind), {})) is Outcome.STORED
    assert woken(seller) == {"tiktok_shop.heed"}
    ours = {"connection_id": seller.connection.id, "company_id": seller.world.company.id}
    context = JobContext(seller.kernel, 1, "tiktok_shop.heed", {}, **ours)

    assert heed(context) == 2
    fetching = {"orders.pull", "orders.pull_returns", "publishing.see_prices"}
    assert woken(seller) == {"tiktok_shop.heed", *fetching}
    assert state(seller) == OK
    assert heed(context) == 0

    # The seller takes the app out of his shop, and TikTok tells of it.
    came(seller, push(seller.fake, DEAUTHORISED, "6", {}))
    assert heed(context) == 1
    assert state(seller) == OK
    seller.fake.tokens.clear()
    seller.fake.refresh_tokens.clear()
    came(seller, push(seller.fake, DEAUTHORISED, "66", {}))
    assert heed(context) == 1
    assert state(seller) == NEEDS_CREDENTIALS


def test_until_when_a_shop_is_authorised_is_known(seller: Seller) -> None:
    seller.pull()

    with seller.kernel.db.read() as session:
        until = authorised_until(session, seller.connection)
    assert until is not None
    assert abs(until - clock.now() - REFRESH_LIFE) < timedelta(hours=1)


def state(seller: Seller) -> str:
    """Return how the connection fares."""
    ours = {"company_id": seller.world.company.id}
    with seller.kernel.db.read() as session:
        return connection_by_id(session, seller.connection.id, **ours).state
