"""Parcels that had to wait are booked as if they never had."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.kernel import lifecycle
from core.orders.waiting import PostingResult
from core.orders.waiting import post_waiting
from tests.world import World
from tests.world import Worlds

STOCK = ("MUG 2 @ 2.00 on 2010-11-29", "MUG 9 @ 3.00 on 2010-11-30", "CUP 1 @ 1.00 on 2010-11-30")
ORDERS = (
    "1001 MUG 3 @ 9.99 on 2011-01-03 from ann",
    "1001 POST 1 @ 3.33 on 2011-01-03 from ann",
    "1002 MUG 1 @ 9.99 on 2011-01-04 from ann to US",
    "1003 CUP 3 @ 0.335 on 2011-01-04 from bob",
    "C1004 MUG -2 @ 9.99 on 2011-02-01 from ann",
    "C1005 CUP -1 @ 0.335 on 2011-02-01",
    "1006 gift_0001_10 1 @ 10.00 on 2011-02-01 from ann",
    "C1007 D -1 @ 5.00 on 2011-02-02 from ann",
    "1008 CUP 2 @ 0.00 on 2011-02-03",
)
BOOKS = ("ledger_posting", "ledger_balance", "ledger_item", "ledger_profit", "ledger_entry",
         "orders_line", "orders_order", "stock_document", "stock_move", "stock_short")  # fmt: skip


def post(world: World) -> PostingResult:
    with world.kernel.db.write() as session:
        return post_waiting(session, world.company.id)


@pytest.fixture
def undisturbed(worlds: Worlds, tmp_path: Path) -> dict[str, str]:
    """Give the digests of a company that never had to wait."""
    url = worlds.create("sqlite")
    world = worlds.open(url, tmp_path)
    world.stock(*STOCK)
    world.orders(*ORDERS)
    found = world.digest().tables
    world.kernel.db.dispose()
    worlds.drop(url)
    return found


def test_what_waited_for_a_regime_is_booked_as_if_it_never_had(
    world: World, undisturbed: dict[str, str]
) -> None:
    world.stock(*STOCK)
    lifecycle.disable(world.kernel, "tax_uk")
    world.orders(*ORDERS)
    assert world.booked("/1001#") == {}
    still = post(world)
    assert (still.looked_at, still.posted) == (6, 0)
    assert not world.broken()

    lifecycle.enable(world.kernel, "tax_uk")
    done = post(world)
    assert (done.looked_at, done.posted, list(done.reasons)) == (6, 6, [])
    assert post(world).looked_at == 0
    assert not world.broken()
    tables = world.digest().tables
    assert {name: tables[name] for name in BOOKS} == {name: undisturbed[name] for name in BOOKS}


def test_what_comes_for_a_closed_month_is_booked_in_the_next_and_says_so(world: World) -> None:
    world.stock(*STOCK)
    world.close_month("2011-01")
    world.orders(*ORDERS)
    assert post(world).looked_at == 0
    query = "SELECT booked_on, attributed_on FROM ledger_entry WHERE natural_key LIKE '%/1001#%'"
    assert [tuple(map(str, row)) for row in world.rows(query)] == [("2011-02-01", "2011-01-03")]
    assert not world.broken()


def test_a_foreign_parcel_goes_on_waiting(world: World) -> None:
    world.orders("1001 MUG 2 @ 5.00 EUR on 2011-02-01 to FR")
    result = post(world)
    assert (result.looked_at, result.posted) == (1, 0)
    assert "EUR" in result.reasons[0]
    assert world.booked("/1001#") == {}


def test_a_return_has_the_rate_of_its_sale_though_that_waits(world: World) -> None:
    lifecycle.disable(world.kernel, "tax_uk")
    world.orders("1001 MUG 1 @ 10.00 on 2011-01-03 from ann")
    lifecycle.enable(world.kernel, "tax_uk")
    world.orders("C1002 MUG -1 @ 10.00 on 2011-02-01 from ann")
    post(world)
    assert world.booked("/1001#")["2300"] == -175
    assert world.booked("/C1002#")["2300"] == 175
