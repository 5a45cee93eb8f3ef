"""Connectors that tell stock themselves: in batches, read back, and compared before it is set."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.channels.external import OrderPage
from core.channels.external import PushResult
from core.channels.external import StockSeen
from core.channels.external import StockUpdate
from core.channels.external import read_each
from core.config import ROOT
from core.config import Config
from core.errors import ConnectorError
from core.kernel import hooks
from core.kernel import lifecycle
from core.kernel.companies import find_company
from core.kernel.connections import create_connection
from core.kernel.jobs import JobContext
from core.kernel.kernel import Kernel
from core.kernel.keys import ensure_keys
from core.orders.pulling import pull_orders
from core.publishing.connecting import push_stock
from core.publishing.connecting import read_stock
from core.publishing.jobs import push
from core.publishing.jobs import read_back
from core.publishing.models import Push
from core.publishing.models import Target
from core.publishing.pushing import latency
from core.publishing.pushing import publish_changes
from core.scaffold import making
from tests.orders.test_pulling import order
from tests.world import World


@pytest.fixture(scope="session")
def stall_addons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a connector, once."""
    root = tmp_path_factory.mktemp("stall") / "addons"
    making.make(making.plan("connector", "stall", root, inside=True))
    return root


@dataclass
class Stall:
    """A platform that shows numbers, sells by itself, and may look before it sets one."""

    world: World
    connection: Any
    read: Any
    compares: bool = False
    shown: dict[str, int] = field(default_factory=dict)
    orders: list[dict[str, Any]] = field(default_factory=list)
    told: list[StockUpdate] = field(default_factory=list)

    def pull_orders(self, _call: Any, _window: Any, _cursor: Any) -> OrderPage:
        return OrderPage(read_each(self.orders, self.read, key="id"), None)

    def push_stock(self, _call: Any, updates: Sequence[StockUpdate]) -> list[PushResult]:
        return [self._set(update) for update in updates]

    def _set(self, update: StockUpdate) -> PushResult:
        self.told.append(update)
        here = self.shown.get(update.external_ref)
        if self.compares and update.expected is not None and here != update.expected:
            return PushResult(update.key, False, "Another number is there.", here)
        self.shown[update.external_ref] = update.quantity
        return PushResult(update.key, True)

    def read_stock(self, _call: Any, listings: Sequence[str]) -> list[StockSeen]:
        return [StockSeen(ref, self.shown[ref]) for ref in listings if ref in self.shown]

    def sell(self, number: str) -> None:
        """Let a buyer buy two mugs."""
        self.shown["MUG"] -= 2
        buyer = {"id": number, "name": "Bea Buyer", "email": "bea@buyer.example"}
        self.orders.append(order(id=number, buyer=buyer))

    def run(self, task: Any) -> dict[str, int]:
        ours = {"company_id": self.world.company.id, "connection_id": self.connection.id}
        found: dict[str, int] = task(JobContext(self.world.kernel, 1, "test", {}, **ours))
        return found

    def target(self) -> Target:
        with self.world.kernel.db.read() as session:
            return session.scalars(sa.select(Target)).one()


@pytest.fixture
def stall(
    world_url: str, tmp_path: Path, stall_addons: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stall]:
    """Give a company that has ten mugs, of which an order has two."""
    kernel = Kernel.boot(Config(tmp_path, world_url, (ROOT / "addons", stall_addons)))
    try:
        ensure_keys(kernel.config)
        lifecycle.install(kernel, "stall")
        lifecycle.enable(kernel, "stall")
        with kernel.db.write() as session:
            company = find_company(session)
            connection = create_connection(
                session, "stall", "Stall", {"token": "canary-7"}, company_id=company.id
            )
        (connector,) = [c for addon, c in hooks.collect(kernel, "connectors") if addon == "stall"]
        from addons.stall.mapping import read_order  # type: ignore[import-not-found]

        made = Stall(World(kernel, company, tmp_path), connection, read_order)
        kind = type(connector)
        for name in ("pull_orders", "push_stock", "read_stock"):
            act = getattr(made, name)
            monkeypatch.setattr(
                kind, name, lambda _self, *asked, act=act: act(*asked), raising=False
            )
        monkeypatch.setattr(
            kind, "compares_stock", property(lambda _self: made.compares), raising=False
        )
        made.world.stock("MUG 10 @ 2.00 on 2026-01-01")
        made.orders.append(order())
        pull_orders(kernel, connection)
        push_stock(kernel, connection)
        yield made
    finally:
        kernel.db.dispose()


def test_a_push_is_measured_from_the_change(stall: Stall) -> None:
    stall.orders.append(order(id="1002"))
    pull_orders(stall.world.kernel, stall.connection)

    publish_changes(stall.world.kernel, stall.world.company.id)
    with stall.world.kernel.db.read() as session:
        (woken,) = session.execute(
            sa.text("SELECT connection_id FROM kernel_job WHERE task = 'publishing.push'")
        )
    assert woken[0] == stall.connection.id
    stall.run(push)

    assert stall.shown == {"MUG": 6}
    with stall.world.kernel.db.read() as session:
        figures = latency(session, stall.world.company.id)
        outcomes = session.scalars(sa.select(Push.outcome).order_by(Push.id)).all()
    assert figures["pushes"] == len(outcomes) == 2
    assert set(outcomes) == {"confirmed"}
    assert figures["p50"] is not None


def test_what_is_right_is_confirmed_and_nothing_is_told(stall: Stall) -> None:
    assert stall.run(read_back) == {"read": 1, "drifted": 0}

    target = stall.target()
    assert (target.desired, target.confirmed, target.seen) == (8, 8, 8)
    assert len(stall.told) == 1


def test_a_number_that_drifted_is_seen_and_told_again(stall: Stall) -> None:
    stall.shown["MUG"] = 50

    found = stall.run(read_back)

    assert found == {"read": 1, "drifted": 1}
    assert stall.shown == {"MUG": 8}
    target = stall.target()
    assert (target.seen, target.sent, target.confirmed) == (50, 8, 8)
    keys = [update.key for update in stall.told]
    assert len(set(keys)) == len(keys) == 2


def test_a_sale_that_shows_first_is_not_told_away(stall: Stall) -> None:
    stall.sell("1002")

    stall.run(read_back)

    assert stall.world.order("1002").state == "allocated"
    assert stall.shown == {"MUG": 6}
    assert [update.quantity for update in stall.told] == [8, 6]


def test_a_number_is_set_only_where_the_expected_one_is(stall: Stall) -> None:
    stall.compares = True
    stall.sell("1002")
    stall.world.stock("MUG 5 @ 2.00 on 2026-01-02")
    publish_changes(stall.world.kernel, stall.world.company.id)

    first = stall.run(push)
    second = stall.run(push)

    assert (first["conflicts"], second["taken"]) == (1, 1)
    refused, taken = stall.told[-2:]
    assert (refused.quantity, refused.expected) == (13, 8)
    assert (taken.quantity, taken.expected) == (11, 6)
    assert stall.shown == {"MUG": 11}
    with stall.world.kernel.db.read() as session:
        waiting = session.execute(
            sa.text("SELECT count(*) FROM kernel_job WHERE task = 'publishing.push'")
        ).scalar_one()
    assert waiting >= 1


def test_without_comparing_nothing_is_expected(stall: Stall) -> None:
    stall.world.stock("MUG 5 @ 2.00 on 2026-01-02")
    push_stock(stall.world.kernel, stall.connection)

    assert [update.expected for update in stall.told] == [None, None]


def test_an_answer_that_nobody_asked_for_is_refused(
    stall: Stall, monkeypatch: pytest.MonkeyPatch
) -> None:
    (connector,) = [
        c for addon, c in hooks.collect(stall.world.kernel, "connectors") if addon == "stall"
    ]
    monkeypatch.setattr(type(connector), "read_stock", lambda *_asked: [StockSeen("CUP", 1)])

    with pytest.raises(ConnectorError, match="'CUP'"):
        read_stock(stall.world.kernel, stall.connection)
