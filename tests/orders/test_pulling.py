"""Orders of an API: what becomes of them, page by page and version by version."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa
import time_machine

from core import clock
from core.channels.cursors import OVERLAP
from core.channels.cursors import place_of
from core.channels.models import RawOrder
from core.channels.raw_orders import personal_of
from core.config import ROOT
from core.config import Config
from core.errors import AuthFailed
from core.errors import ConnectorError
from core.errors import KernelError
from core.errors import NotFound
from core.kernel import lifecycle
from core.kernel import secrets
from core.kernel.companies import find_company
from core.kernel.connection_states import pause
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import create_connection
from core.kernel.connections import get_connection
from core.kernel.cursors import read_cursor
from core.kernel.jobs import JobContext
from core.kernel.kernel import Kernel
from core.kernel.keys import ensure_keys
from core.orders.models import Order
from core.orders.pulling import CAPABILITY
from core.orders.pulling import pull_orders
from core.privacy.finding import find_person
from core.privacy.forgetting import REQUESTED
from core.privacy.forgetting import forget
from core.privacy.jobs import purge
from core.publishing.connecting import push_stock
from core.publishing.models import Target
from core.scaffold import making
from tests.world import World

ORDER: dict[str, Any] = {
    "id": "1001",
    "status": "open",
    "created_at": "2026-03-01T23:30:00+00:00",
    "updated_at": "2026-03-02T10:00:00+00:00",
    "currency": "GBP",
    "country": "GB",
    "buyer": {"id": "B-1", "name": "Ann Buyer", "email": "ann@buyer.example"},
    "lines": [
        {"id": "1", "sku": "MUG", "title": "Mug", "quantity": 2, "cancelled": 0, "amount": "20.00"}
    ],
    "shipping": "0.00",
    "total": "20.00",
    "refunds": [],
}


def order(**changes: Any) -> dict[str, Any]:
    """Return an order with some fields changed."""
    return {**copy.deepcopy(ORDER), **changes}


@dataclass
class Shop:
    """A world that is connected to a platform which answers what the test says."""

    world: World
    connection: ConnectionInfo
    pages: list[list[dict[str, Any]]] = field(default_factory=list)
    asked: list[httpx2.Request] = field(default_factory=list)
    status: int = 200

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        if request.method == "PUT":
            items = json.loads(request.content)["items"]
            results = [
                {"key": i["key"], "ok": i["sku"] != "NONE", "error": "unknown"} for i in items
            ]
            return httpx2.Response(self.status, json={"results": results})
        at = int(request.url.params.get("cursor", 0))
        following = str(at + 1) if at + 1 < len(self.pages) else None
        body = {"orders": self.pages[at] if self.pages else [], "next": following}
        return httpx2.Response(self.status, json=body)

    def pull(self, *pages: list[dict[str, Any]]) -> dict[str, int]:
        """Fetch what the platform has and say what became of it."""
        self.pages = list(pages)
        wire = httpx2.MockTransport(self.answer)
        return pull_orders(self.world.kernel, self.connection, transport=wire).as_json()

    def push(self) -> dict[str, int]:
        """Tell the platform what is for sale."""
        wire = httpx2.MockTransport(self.answer)
        return push_stock(self.world.kernel, self.connection, transport=wire).as_json()

    def told(self) -> dict[str, int]:
        """Return what the last request told of each listing."""
        return {i["sku"]: i["quantity"] for i in json.loads(self.asked[-1].content)["items"]}

    def raw(self) -> list[RawOrder]:
        with self.world.kernel.db.read() as session:
            return list(session.scalars(sa.select(RawOrder).order_by(RawOrder.id)))


@pytest.fixture(scope="session")
def addons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a connector, once: Python imports a name from one place only."""
    root = tmp_path_factory.mktemp("pulled") / "addons"
    making.make(making.plan("connector", "pulled", root, inside=True))
    return root


@pytest.fixture
def shop(world_url: str, tmp_path: Path, addons: Path) -> Iterator[Shop]:
    """Give a company that is connected to the platform of a new connector."""
    kernel = Kernel.boot(Config(tmp_path, world_url, (ROOT / "addons", addons)))
    try:
        ensure_keys(kernel.config)
        lifecycle.install(kernel, "pulled")
        lifecycle.enable(kernel, "pulled")
        with kernel.db.write() as session:
            company = find_company(session)
            made = create_connection(
                session, "pulled", "Shop", {"token": "canary-7"}, company_id=company.id
            )
        yield Shop(World(kernel, company, tmp_path), made)
    finally:
        kernel.db.dispose()


def test_open_order_is_promised_and_a_sent_one_booked(shop: Shop) -> None:
    shop.world.stock("MUG 10 @ 2.00 on 2026-01-01", "CUP 5 @ 1.00 on 2026-01-01")
    cup = [{**ORDER["lines"][0], "sku": "CUP", "title": "Cup", "quantity": 1}]

    said = shop.pull([order(), order(id="1002", status="sent", lines=cup)])

    assert said["applied"] == said["received"] == 2
    assert shop.world.order("1001").state == "allocated"
    assert shop.world.order("1002").state == "shipped"
    assert shop.world.on_hand("CUP") == 4
    assert sum(shop.world.booked("1002").values()) == 0
    assert shop.world.broken() == []


def test_the_day_is_the_shops(shop: Shop) -> None:
    shop.pull([order()])

    assert str(shop.world.order("1001").ordered_on)[:10] == "2026-03-01"


def test_cancelled_parts_are_never_promised_and_refunds_are_documents(shop: Shop) -> None:
    shop.world.stock("MUG 10 @ 2.00 on 2026-01-01")
    lines = [{**ORDER["lines"][0], "quantity": 3, "cancelled": 1, "amount": "30.00"}]
    refund = {
        "id": "R1",
        "at": "2026-03-05T08:00:00+00:00",
        "lines": [{"id": "1", "sku": "MUG", "title": "Mug", "quantity": 1, "amount": "10.00"}],
    }

    shop.pull([order(status="sent", lines=lines, total="30.00", refunds=[refund])])

    assert shop.world.on_hand("MUG") == 9
    (returned,) = shop.world.lines("1001/R1")
    assert (returned.quantity, returned.net_amount, returned.undoes) == (-1, -1000, "1001")
    assert shop.world.broken() == []


LATER = "2026-03-03T10:00:00+00:00"


def test_promised_order_leaves_when_the_platform_says_so(shop: Shop) -> None:
    shop.world.stock("MUG 10 @ 2.00 on 2026-01-01")
    shop.pull([order()])

    shop.pull([order(status="sent", updated_at=LATER)])

    assert shop.world.order("1001").state == "shipped"
    assert shop.world.on_hand("MUG") == 8
    assert shop.world.booked("1001")["4000"] == -2000
    assert shop.world.broken() == []


def test_order_leaves_even_if_nothing_was_there(shop: Shop) -> None:
    shop.world.stock("MUG 1 @ 2.00 on 2026-01-01")
    shop.pull([order()])

    shop.pull([order(status="sent", updated_at=LATER)])

    assert shop.world.order("1001").state == "shipped"
    assert shop.world.broken() == []


def test_cancelled_order_gives_its_goods_back(shop: Shop) -> None:
    shop.world.stock("MUG 10 @ 2.00 on 2026-01-01")
    shop.pull([order()])
    gone = [{**ORDER["lines"][0], "cancelled": 2}]

    shop.pull([order(status="cancelled", lines=gone, updated_at=LATER)])
    shop.push()

    assert shop.world.order("1001").state == "cancelled"
    assert shop.told() == {"MUG": 10}
    assert shop.world.booked("1001") == {}
    assert shop.world.broken() == []


def test_late_news_does_not_bring_an_order_back(shop: Shop) -> None:
    shop.world.stock("MUG 10 @ 2.00 on 2026-01-01")
    gone = [{**ORDER["lines"][0], "cancelled": 2}]
    shop.pull([order(status="cancelled", lines=gone, updated_at=LATER)], [order()])

    assert shop.world.rows("SELECT * FROM orders_order") == []


def test_versions_may_come_in_any_order(shop: Shop) -> None:
    shop.world.stock("MUG 10 @ 2.00 on 2026-01-01")
    newer = order(status="sent", updated_at="2026-03-03T10:00:00+00:00")

    first = shop.pull([newer], [order()])
    again = shop.pull([order(), newer], [newer])

    assert (first["applied"], first["superseded"]) == (1, 1)
    assert again["unchanged"] == again["received"] == 3
    assert len(shop.world.lines("1001")) == 1
    assert shop.world.on_hand("MUG") == 8


def test_versions_on_one_page_are_one_order(shop: Shop) -> None:
    newer = order(updated_at="2026-03-03T10:00:00+00:00")

    said = shop.pull([newer, order(), newer])

    assert (said["applied"], said["superseded"], said["unchanged"]) == (1, 1, 1)
    assert len(shop.world.lines("1001")) == 1


def test_unpaid_order_waits_until_it_is_paid(shop: Shop) -> None:
    shop.world.stock("MUG 10 @ 2.00 on 2026-01-01")
    waiting = shop.pull([order(status="unpaid")])
    paid = shop.pull([order(updated_at="2026-03-04T00:00:00+00:00")])

    assert (waiting["waiting"], paid["applied"]) == (1, 1)
    assert shop.world.order("1001").state == "allocated"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"status": "teleported"}, "teleported"),
        ({"total": "19.99"}, "add up to 2000"),
        ({"total": "1e400"}, "total"),
        ({"currency": "XXX"}, "no meaning"),
        ({"country": "Atlantis"}, "Atlantis"),
        ({"updated_at": "2026-03-02T10:00:00"}, "no offset"),
        ({"lines": None}, "not as expected"),
        ({"status": "cancelled"}, "a line is not"),
    ],
)
def test_what_contradicts_itself_is_kept_with_its_reason(
    shop: Shop, changes: dict[str, Any], said: str
) -> None:
    result = shop.pull([order(**changes), order(id="1002")])

    assert (result["quarantined"], result["applied"]) == (1, 1)
    wrong = next(row for row in shop.raw() if row.outcome == "quarantined")
    assert said in (wrong.reason or "")
    assert shop.world.order("1002").exception == "unmapped"


def test_personal_data_is_sealed_and_forgotten(shop: Shop) -> None:
    shop.pull([order()])

    (row,) = shop.raw()
    config = shop.world.kernel.config
    assert "Ann" not in row.payload + str(row.personal)
    assert json.loads(personal_of(row, config)) == {
        "name": "Ann Buyer",
        "email": "ann@buyer.example",
    }
    row.external_ref = "another order"
    with pytest.raises(KernelError):
        personal_of(row, config)
    with shop.world.kernel.db.write() as session:
        assert row.personal_key in secrets.used_keys(session)
    nightly = JobContext(shop.world.kernel, 1, "privacy.purge", {})
    purge(nightly)
    assert personal_of(shop.raw()[0], config)
    with time_machine.travel(clock.now() + timedelta(days=40), tick=False):
        purge(nightly)
    (row,) = shop.raw()
    assert personal_of(row, config) == ""


def test_a_person_who_asks_is_forgotten_in_what_the_platform_told_too(shop: Shop) -> None:
    shop.pull([order(), order(id="1002")])
    company_id = shop.connection.company_id
    with shop.world.kernel.db.write() as session:
        ids = session.scalars(sa.select(Order.id).where(Order.external_ref == "1001")).all()
        forget(session, company_id, ids, REQUESTED, actor="clerk")

    told = {row.external_ref: row.personal is not None for row in shop.raw()}
    assert told == {"1001": False, "1002": True}


def test_window_overlaps_the_one_before(shop: Shop) -> None:
    shop.pull([])
    with shop.world.kernel.db.read() as session:
        place = place_of(read_cursor(session, shop.connection, CAPABILITY))
    until = datetime.fromisoformat(shop.asked[0].url.params["updated_to"])

    assert "updated_from" not in shop.asked[0].url.params
    assert place.window.since is not None
    assert abs(place.window.since + OVERLAP - until) < timedelta(seconds=1)
    assert place.window.until > place.window.since
    assert until < datetime.now(UTC)


def test_platform_that_repeats_its_page_is_stopped(shop: Shop) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json={"orders": [], "next": "again"})

    with pytest.raises(ConnectorError, match="repeats its page"):
        pull_orders(shop.world.kernel, shop.connection, transport=httpx2.MockTransport(answer))


def test_refused_credentials_are_told_on_the_connection(shop: Shop) -> None:
    shop.status = 401

    with pytest.raises(AuthFailed):
        shop.pull([order()])

    with shop.world.kernel.db.read() as session:
        found = get_connection(session, "Shop", company_id=shop.world.company.id)
    assert found.state == "needs_credentials"


def test_paused_connection_is_left_alone(shop: Shop) -> None:
    with shop.world.kernel.db.write() as session:
        shop.connection = pause(session, shop.connection)

    with pytest.raises(KernelError, match="paused"):
        shop.pull([order()])

    assert shop.asked == []


def test_connection_of_files_has_no_orders_to_fetch(shop: Shop) -> None:
    with shop.world.kernel.db.read() as session:
        files = get_connection(session, "Till", company_id=shop.world.company.id)

    with pytest.raises(NotFound, match="no orders to fetch"):
        pull_orders(shop.world.kernel, files)


def test_stock_is_told_when_it_changes_and_only_then(shop: Shop) -> None:
    shop.world.stock("MUG 10 @ 2.00 on 2026-01-01")
    shop.pull([order()])

    first = shop.push()
    assert first == {"due": 1, "taken": 1, "refused": 0, "conflicts": 0}
    assert shop.told() == {"MUG": 8}
    assert shop.push()["due"] == 0

    shop.pull([order(id="1002", updated_at="2026-03-03T10:00:00+00:00")])
    assert shop.push()["taken"] == 1
    assert shop.told() == {"MUG": 6}


def test_what_is_oversold_is_told_as_nothing(shop: Shop) -> None:
    shop.world.stock("MUG 1 @ 2.00 on 2026-01-01")
    shop.pull([order(status="sent")])

    shop.push()

    assert shop.told() == {"MUG": 0}


def test_update_without_an_answer_is_sent_again_under_its_key(shop: Shop) -> None:
    shop.world.stock("MUG 10 @ 2.00 on 2026-01-01")
    shop.pull([order()])
    shop.status = 400
    with pytest.raises(ConnectorError):
        shop.push()
    key = json.loads(shop.asked[-1].content)["items"][0]["key"]

    shop.status = 200
    shop.push()

    assert json.loads(shop.asked[-1].content)["items"][0]["key"] == key
    assert shop.push()["due"] == 0


def test_refused_update_keeps_its_reason(shop: Shop) -> None:
    shop.world.stock("NONE 3 @ 2.00 on 2026-01-01")
    line = {**ORDER["lines"][0], "sku": "NONE"}
    shop.pull([order(lines=[line])])

    assert shop.push() == {"due": 1, "taken": 0, "refused": 1, "conflicts": 0}

    with shop.world.kernel.db.read() as session:
        (row,) = session.scalars(sa.select(Target))
    assert (row.error, row.confirmed) == ("unknown", None)


def test_the_buyer_of_a_fetched_order_is_found_and_forgotten(shop: Shop) -> None:
    shop.pull([order()])
    world, company_id = shop.world, shop.world.company.id
    with world.kernel.db.write() as session:
        (found,) = find_person(session, company_id, "Ann@Buyer.example")
        assert found.external_ref == "1001"
        # A buyer without a place is nothing that anybody could correct.
        assert world.order("1001").exception != "address"
        assert forget(session, company_id, [found.id], "requested", actor="me") == 1

    with world.kernel.db.read() as session:
        assert find_person(session, company_id, "ann@buyer.example") == []
    assert world.rows("SELECT personal FROM channels_raw_order") == [(None,)]
    assert world.broken() == []
