"""Profit after allocation: costs go where the runs put them, and no total changes."""

from __future__ import annotations

from datetime import date

import pytest

from core.allocation.details import import_details
from core.allocation.running import run_allocation
from core.ids import next_id
from core.ledger.journal import Dimensions
from core.ledger.journal import Journal
from core.ledger.profit import DIMENSIONS
from core.ledger.profit import ProfitReport
from core.ledger.profit import profit_report
from core.profits.shared import list_moves
from core.profits.shared import shared_profit_report
from tests.world import World

FEBRUARY = date(2011, 2, 1)
DAYS = (FEBRUARY, date(2011, 2, 28))


def spend(world: World, account: str, amount: int, day: date, **where: object) -> None:
    with world.kernel.db.write() as session:
        journal = Journal(session, world.company.id, "GBP")
        new = next_id(session)
        entry = journal.entry(new, f"bill:{new}", "manual", day)
        entry.add(account, amount, Dimensions(**where))
        entry.add("1000", -amount, Dimensions())
        journal.post()


def sku_id(world: World, code: str) -> int:
    return int(world.rows(f"SELECT id FROM catalog_sku WHERE code = '{code}'")[0][0])


@pytest.fixture
def shared(world: World) -> World:
    """Give a February that is shared: ads by a report, storage of a SKU, and rent by no rule.

    After the run, another bill came for ads of the cups.
    """
    world.stock("MUG 10 @ 2.00 on 2011-01-01", "CUP 10 @ 1.00 on 2011-01-01")
    world.orders(
        "1001 MUG 1 @ 10.00 on 2011-02-01 to US",
        "1002 MUG 2 @ 10.00 on 2011-02-02 to GB",
        "1003 CUP 1 @ 30.00 on 2011-02-03 to US",
    )
    (shop,) = world.rows("SELECT id FROM channels_shop")[0]
    spend(world, "7000", 1000, date(2011, 2, 20), shop_id=shop)
    spend(world, "6030", 70, date(2011, 2, 20), sku_id=sku_id(world, "MUG"))
    spend(world, "8120", 500, date(2011, 2, 20))
    path = world.folder / "ads.csv"
    path.write_text("sku,weight\nMUG,3.50\nCUP,1.50\n", encoding="utf-8")
    import_details(world.kernel, world.company.id, path, "ads", month=FEBRUARY)
    run_allocation(world.kernel, world.company.id, FEBRUARY, FEBRUARY, by="ann")
    spend(world, "7000", 40, date(2011, 2, 21), sku_id=sku_id(world, "CUP"))
    return world


def reports(world: World, by: str, *days: date | None) -> tuple[ProfitReport, ProfitReport]:
    """Return the report before and after allocation."""
    span = dict(zip(("start", "end"), days, strict=False))
    with world.kernel.db.read() as session:
        company = world.company.id
        return profit_report(session, company, by, **span), shared_profit_report(
            session, company, by, **span
        )


def test_sharing_moves_costs_and_changes_no_total(shared: World) -> None:
    for by in DIMENSIONS:
        direct, after = reports(shared, by)

        everything = sum(row.profit for row in after.rows) + after.not_allocated
        assert everything == after.total == direct.total, by
        assert sum(row.allocated for row in after.rows) + after.rest.allocated == 0, by
        assert {row.key: row.profit for row in direct.rows if row.profit} == {
            row.key: row.direct for row in after.rows if row.direct
        }, by


def test_each_sku_and_order_bears_its_share(shared: World) -> None:
    _, by_sku = reports(shared, "sku")
    _, by_order = reports(shared, "order")

    # What stays with its SKU, and what was booked after the run, is not moved.
    assert {row.key: (row.direct, row.allocated) for row in by_sku.rows} == {
        "CUP": (2860, -300),
        "MUG": (2330, -700),
    }
    assert by_sku.not_allocated == -500
    assert {row.key: row.moved.get("ads", 0) for row in by_order.rows} == {
        "1001": -233,
        "1002": -467,
        "1003": -300,
    }
    assert by_order.rest.lines["ads"] == -40


def test_a_shop_keeps_what_was_booked_for_it(shared: World) -> None:
    _, after = reports(shared, "shop")

    assert [row.allocated for row in after.rows] == [0]
    assert after.not_allocated == -70 - 500 - 40


def test_only_whole_months_are_shared(shared: World) -> None:
    _, whole = reports(shared, "sku", *DAYS)
    _, part = reports(shared, "sku", date(2011, 2, 2), DAYS[1])

    assert sum(row.allocated for row in whole.rows) == -1000
    assert {row.allocated for row in part.rows} == {0}


def test_a_figure_leads_to_what_was_moved(shared: World) -> None:
    for by in DIMENSIONS:
        _, after = reports(shared, by, *DAYS)
        with shared.kernel.db.read() as session:
            for row in (*after.rows, after.rest):
                key = str(row.id or row.key)
                moves = list_moves(session, shared.company.id, by, key, *DAYS)
                assert sum(each.amount for each in moves) == row.allocated, (by, row.key)
                assert {each.number for each in moves} <= {1}


def test_months_that_nobody_shared_stay_as_booked(shared: World) -> None:
    spend(shared, "7000", 90, date(2011, 3, 1))
    direct, after = reports(shared, "sku", date(2011, 3, 1), date(2011, 3, 31))

    assert after == direct
    assert after.not_allocated == -90
