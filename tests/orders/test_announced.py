"""Returns that a platform announces: kept in versions, found by their orders, taken back once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from core import clock
from core.channels import pulling
from core.channels.external import ExternalReturn
from core.channels.external import OrderPage
from core.channels.external import Page
from core.channels.external import Rejected
from core.channels.external import ReturnState
from core.channels.external import read_each
from core.cli import build
from core.config import ROOT
from core.config import Config
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.kernel import hooks
from core.kernel import lifecycle
from core.kernel.companies import find_company
from core.kernel.connections import create_connection
from core.kernel.cursors import read_cursor
from core.kernel.jobs import JobContext
from core.kernel.kernel import Kernel
from core.kernel.keys import ensure_keys
from core.orders.announced_list import ReturnFilter
from core.orders.announced_list import late_query
from core.orders.announced_list import list_returns
from core.orders.announced_list import return_by_name
from core.orders.announced_list import returns_of_order
from core.orders.announced_pulling import CAPABILITY
from core.orders.announced_pulling import pull_returns
from core.orders.arriving import arrive
from core.orders.arriving import await_again
from core.orders.arriving import end_return
from core.orders.inspecting import inspect
from core.orders.jobs import pull_announced
from core.orders.models import AnnouncedReturn
from core.orders.pulling import pull_orders
from core.orders.record import Actor
from core.orders.taking_back import take_back
from core.scaffold import making
from tests.orders.test_pulling import ORDER
from tests.orders.test_pulling import order
from tests.world import World

AT = datetime(2026, 3, 5, 9, tzinfo=UTC)
ANN = Actor("ann")


def told(ref: str = "R1", **changes: Any) -> ExternalReturn:
    """Return a mug of order 1001 on its way back, with some fields changed."""
    given: dict[str, Any] = {"external_id": ref, "order_id": "1001", "code": "MUG", "quantity": 1}
    given |= {"reason": "Unwanted", "updated_at": AT, "line_id": "1"}
    return ExternalReturn(**{**given, **changes})


@dataclass
class Desk:
    """A company that is connected to a platform which tells what the test says."""

    world: World
    connection: Any
    read: Any
    orders: list[dict[str, Any]] = field(default_factory=list)
    pages: deque[Page[ExternalReturn]] = field(default_factory=deque)

    def pull_orders(self, _call: Any, _window: Any, _cursor: Any) -> OrderPage:
        return OrderPage(read_each(self.orders, self.read, key="id"), None)

    def pull_returns(self, _call: Any, _window: Any, _cursor: Any) -> Page[ExternalReturn]:
        return self.pages.popleft()

    def tell(self, *records: ExternalReturn | Rejected) -> dict[str, int]:
        self.pages.append(Page(records))
        return pull_returns(self.world.kernel, self.connection).as_json()

    def sell(self, **changes: Any) -> None:
        """Tell of the order that was sent, in another version each time."""
        self.orders = [order(status="sent", **changes)]
        pull_orders(self.world.kernel, self.connection)

    def rows(self, tab: str = "all") -> dict[str, Any]:
        with self.world.kernel.db.read() as session:
            found = list_returns(session, self.world.company.id, ReturnFilter(tab)).rows
        return {row.external_ref: row for row in found}

    def arrive(self, ref: str = "R1", **how: Any) -> None:
        with self.world.kernel.db.write() as session:
            company_id = self.world.company.id
            arrive(session, company_id, return_by_name(session, company_id, ref), ANN, **how)

    def late(self) -> int:
        with self.world.kernel.db.read() as session:
            return len(session.execute(late_query(self.world.company.id)).all())


@pytest.fixture(scope="session")
def desk_addons(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a connector, once."""
    root = tmp_path_factory.mktemp("desk") / "addons"
    making.make(making.plan("connector", "desk", root, inside=True))
    return root


@pytest.fixture
def desk(
    world_url: str, tmp_path: Path, desk_addons: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    """Give a company that has ten mugs."""
    kernel = Kernel.boot(Config(tmp_path, world_url, (ROOT / "addons", desk_addons)))
    try:
        ensure_keys(kernel.config)
        lifecycle.install(kernel, "desk")
        lifecycle.enable(kernel, "desk")
        with kernel.db.write() as session:
            company = find_company(session)
            connection = create_connection(
                session, "desk", "Desk", {"token": "canary-7"}, company_id=company.id
            )
        (connector,) = [c for addon, c in hooks.collect(kernel, "connectors") if addon == "desk"]
        from addons.desk.mapping import read_order  # type: ignore[import-not-found]

        made = Desk(World(kernel, company, tmp_path), connection, read_order)
        for name in ("pull_orders", "pull_returns"):
            act = getattr(made, name)
            monkeypatch.setattr(
                type(connector), name, lambda _self, *asked, act=act: act(*asked), raising=False
            )
        made.world.stock("MUG 10 @ 2.00 on 2026-01-01")
        yield made
    finally:
        kernel.db.dispose()


def test_the_newest_version_of_a_return_stays(desk: Desk) -> None:
    assert desk.tell(told(), told("R2", code="LAMP"))["new"] == 2
    assert desk.tell(told(), told("R2", code="LAMP"))["unchanged"] == 2

    later = told(updated_at=AT + timedelta(hours=2), state=ReturnState.DELIVERED, tracking="T1")
    assert desk.tell(later)["changed"] == 1
    assert desk.tell(told(updated_at=AT + timedelta(hours=1)))["superseded"] == 1
    # Of two versions in one page, in any order, the newer one counts.
    newest = told(updated_at=AT + timedelta(hours=3), state=ReturnState.CLOSED)
    found = desk.tell(newest, later)

    assert (found["changed"], found["superseded"]) == (1, 1)
    row = desk.rows()["R1"]
    assert (row.state, row.order_id, row.announced_at) == ("closed", None, AT)
    assert set(desk.rows("open")) == {"R2"}
    assert set(desk.rows("closed")) == {"R1"}


def test_what_cannot_be_read_is_kept_until_it_can(desk: Desk) -> None:
    found = desk.tell(Rejected("R1", "state is 'ODD'"), told("R2"))
    assert (found["unreadable"], found["new"]) == (1, 2)
    row = desk.rows("open")["R1"]
    assert (row.state, row.reason) == ("unreadable", "state is 'ODD'")

    assert desk.tell(told())["changed"] == 1
    assert desk.rows()["R1"].state == "coming"
    assert desk.tell(Rejected("R1", "state is 'ODD'"))["superseded"] == 1


def test_a_page_and_its_cursor_are_stored_together(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.pages += [Page([told("R1")], "2"), Page([told("R2")])]
    stored = pulling.store_place
    met: list[object] = []

    def store(*arguments: Any) -> Any:
        met.append(arguments)
        if len(met) == 2:
            raise KeyboardInterrupt
        return stored(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(pulling, "store_place", store)
        with pytest.raises(KeyboardInterrupt):
            pull_returns(desk.world.kernel, desk.connection)

    assert set(desk.rows()) == {"R1"}
    with desk.world.kernel.db.read() as session:
        assert (read_cursor(session, desk.connection, CAPABILITY).value or {})["page"] == "2"
    desk.pages.append(Page([told("R2")]))
    ours = {"company_id": desk.world.company.id, "connection_id": desk.connection.id}
    done = pull_announced(JobContext(desk.world.kernel, 1, "orders.pull_returns", {}, **ours))
    assert (done["pages"], done["new"]) == (1, 1)
    assert set(desk.rows()) == {"R1", "R2"}


def test_a_return_is_found_by_its_order_and_its_goods_come_back_without_money(desk: Desk) -> None:
    desk.tell(told())
    with pytest.raises(NotFound, match="Order 1001 of the return R1"):
        desk.arrive()
    desk.sell()
    assert desk.rows()["R1"].order_id == desk.world.order("1001").id
    with pytest.raises(InputError, match="2 of MUG cannot arrive"):
        desk.arrive(quantity=2)

    desk.arrive()

    (line,) = desk.world.lines("1001/R1")
    assert (line.quantity, line.net_amount, line.cost_amount) == (-1, 0, -200)
    assert set(desk.rows("arrived")) == {"R1"}
    assert desk.rows("open") == {}
    assert desk.world.broken() == []
    with pytest.raises(InputError, match="0 are awaited"):
        desk.arrive()
    with desk.world.kernel.db.write() as session:
        note = desk.world.order("1001/R1")
        inspect(session, desk.world.company.id, note.id, ANN, sellable={line.id: 1})
        order_id = desk.world.order("1001").id
        (shown,) = returns_of_order(session, desk.world.company.id, [order_id])
    assert (shown.external_ref, shown.arrived_quantity) == ("R1", 1)
    assert desk.world.broken() == []


def refund(*lines: tuple[str, int, str]) -> dict[str, Any]:
    """Return a refund of mugs as the platform tells it: line, pieces and money."""
    told_lines = [
        {**ORDER["lines"][0], "id": ref, "quantity": count, "amount": amount}
        for ref, count, amount in lines
    ]
    return {"id": "F1", "at": "2026-03-06T09:00:00+00:00", "lines": told_lines}


@pytest.mark.parametrize("taken", [0, 1, 2])
def test_a_refund_with_pieces_brings_only_those_that_are_not_back(desk: Desk, taken: int) -> None:
    desk.sell()
    desk.tell(told(quantity=2))
    if taken:
        desk.arrive(quantity=taken, disposition="sellable")
    for version in ("2026-03-06T10:00:00+00:00", "2026-03-06T11:00:00+00:00"):
        desk.sell(updated_at=version, refunds=[refund(("1", 2, "20.00"))])

    (sold,) = desk.world.lines("1001")
    assert sold.returned_quantity == 2
    assert desk.rows()["R1"].arrived_quantity == 2
    assert desk.world.on_hand("MUG") == 10
    # All of the money, once, whichever way the goods came.
    assert sum(line.net_amount for line in desk.world.lines("1001/F1")) == -2000
    with desk.world.kernel.db.read() as session:
        assert list(session.scalars(sa.select(AnnouncedReturn.unpaid_quantity))) == [0]
    assert desk.world.broken() == []


def test_goods_taken_back_on_their_order_come_back_once(desk: Desk) -> None:
    desk.sell()
    desk.tell(told(quantity=2))
    order_id, (line,) = desk.world.order("1001").id, desk.world.lines("1001")
    with desk.world.kernel.db.write() as session:
        take_back(
            session, desk.world.company.id, order_id, ANN,
            quantities={line.id: 2}, disposition="sellable", refund=False,
        )  # fmt: skip
    desk.sell(updated_at="2026-03-06T10:00:00+00:00", refunds=[refund(("1", 2, "20.00"))])

    assert desk.world.on_hand("MUG") == 10
    assert desk.rows("arrived")["R1"].arrived_quantity == 2
    assert [each.net_amount for each in desk.world.lines("1001/F1")] == [-2000]
    assert desk.world.broken() == []


def test_goods_that_came_before_their_return_was_told_are_not_awaited(desk: Desk) -> None:
    desk.sell(refunds=[refund(("1", 1, "10.00"))])
    assert desk.tell(told(line_id="", code="item 7"), told("R2"))["arrived"] == 1
    assert [desk.rows()[ref].arrived_quantity for ref in ("R1", "R2")] == [1, 0]
    desk.arrive("R2")
    desk.tell(told("R3"))
    with pytest.raises(Conflict, match="has 0 out, not 1"):
        desk.arrive("R3")


def test_what_never_arrives_wants_a_person_until_he_ends_it(desk: Desk) -> None:
    now = clock.now()
    month = now - timedelta(days=25)
    late = told(announced_at=month, updated_at=now)
    gone = told("R2", announced_at=month, updated_at=now, state=ReturnState.CANCELLED)
    fresh = told("R3", announced_at=now - timedelta(days=3), updated_at=now)
    old = told("R4", announced_at=now - timedelta(days=200), updated_at=now)
    desk.tell(late, gone, fresh, old)

    assert set(desk.rows("late")) == {"R1"}
    assert desk.late() == 1
    company_id = desk.world.company.id
    with desk.world.kernel.db.write() as session:
        end_return(session, company_id, return_by_name(session, company_id, "R1"), ANN, note="lost")
    assert (desk.late(), desk.rows("closed")["R1"].note) == (0, "lost")
    with desk.world.kernel.db.write() as session:
        await_again(session, company_id, return_by_name(session, company_id, "R1"), ANN)
    assert desk.late() == 1
    with desk.world.kernel.db.read() as session, pytest.raises(NotFound):
        return_by_name(session, company_id, "R9")


def test_returns_are_worked_on_from_the_command_line(desk: Desk) -> None:
    desk.sell()
    desk.pages.append(Page([told(), told("R2", order_id="42")]))

    assert '"new": 2' in run(desk, "pull", "Desk", "--json")
    assert "Unwanted" in run(desk, "list")
    assert "1001/R1" in run(desk, "arrived", "R1", "--disposition", "sellable")
    assert "not waited for" in run(desk, "end", "R2", "--note", "never sent")
    assert '"never sent"' in run(desk, "list", "--tab", "closed", "--json")
    assert "is waited for" in run(desk, "again", "R2")


def run(desk: Desk, *words: str) -> str:
    """Run `entrepot returns …` and return what it printed."""
    result = CliRunner().invoke(build(), ["returns", *words], obj=desk.world.kernel.config)
    assert result.exit_code == 0, result.output
    return result.output
