"""A date-range report is the same money as settlement reports: compared, and never booked twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.settlements.importing import SettlementResult
from tests.world import World

ORDERS = [f"026-0000001-{number:07d}" for number in range(1, 5)]
COLUMNS = (
    "date/time,settlement id,type,order id,sku,description,quantity,marketplace,product sales,"
    "selling fees,other,total,Transaction Status,Transaction Release Date"
)


def traded(world: World) -> World:
    world.stock("MUG 20 @ 2.00 on 2010-11-30")
    world.orders(*[f"{ref} MUG 1 @ 10.00 on 2011-02-02 from ann" for ref in ORDERS])
    return world


def flat(world: World, commission: str = "-1.80", refs: list[str] = ORDERS) -> Path:
    """Write the settlement report: four orders, storage, and a reserve."""
    lines = []
    for ref in refs:
        lines += [
            f"Order/ItemPrice/Principal 12.00 on 2011-02-03 for {ref} of MUG",
            f"Order/ItemFees/Commission {commission} on 2011-02-03 for {ref} of MUG",
        ]
    storage = "other-transaction/other-transaction/Storage Fee -3.00 on 2011-02-20"
    return world.write_settlement(*lines, storage)


def sold(ref: str, fee: str = "-1.80", total: str = "10.20", settlement: str = "901") -> str:
    at = "3 Feb 2011 10:00:00 UTC"
    return f"{at},{settlement},Order,{ref},MUG,Mug,1,amazon.co.uk,12.00,{fee},0,{total},Released,"


STORED = (
    "20 Feb 2011 10:00:00 UTC,901,FBA Inventory Fee,,,FBA storage fee,,amazon.co.uk,0,0,-3.00,"
    "-3.00,Released,"
)


def paid(amount: str) -> str:
    return (
        "5 Mar 2011 10:00:00 UTC,901,Transfer,,,To account ending in 1,,amazon.co.uk,0,0,"
        f"-{amount},-{amount},Released,"
    )


def ranged(world: World, *rows: str) -> SettlementResult:
    path = world.folder / f"range{len(list(world.folder.iterdir()))}.csv"
    title = '"Includes Amazon Marketplace"\n"All amounts in GBP, unless specified"\n'
    path.write_text(title + "\n".join((COLUMNS, *rows)) + "\n", encoding="utf-8")
    return world.settlement_file(path)


ALL = [*map(sold, ORDERS), STORED]


def test_what_a_settlement_told_already_changes_nothing(world: World) -> None:
    traded(world).settlement_file(flat(world))
    before = world.digest()

    whole = ranged(world, *ALL, paid("37.80")).statements[0]
    part = ranged(world, *ALL[:4]).statements[0]

    assert (whole.state, whole.unchanged, whole.applied) == ("booked", 9, 0)
    assert (part.state, part.unchanged) == ("booked", 8)
    assert world.digest() == before


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([*ALL[:3], sold(ORDERS[3], "-1.79", "10.21"), STORED], "a difference of 0.01"),
        ([*ALL[:3], STORED], "a difference of -10.20"),
        ([*ALL[:3], sold(ORDERS[3], "-1.79"), STORED], "a difference of 0.01"),
    ],
    ids=["a cent in both", "a row less", "a cent in a cell"],
)
def test_what_contradicts_it_is_kept_aside(world: World, rows: list[str], reason: str) -> None:
    traded(world).settlement_file(flat(world))
    before = world.digest()

    found = ranged(world, *rows).statements[0]

    assert found.state == "quarantined"
    assert reason in str(found.reason)
    assert world.digest().derived == before.derived
    assert world.broken() == []


def test_alone_it_counts_if_it_is_what_was_paid(world: World) -> None:
    first = ranged(traded(world), *ALL, paid("37.80")).statements[0]
    assert (first.state, first.applied, first.suspense) == ("booked", 9, 0)
    assert world.open_items("1210") == world.open_items("1220") == {}
    assert world.open_items("1060") == {"901": 3780}
    before = world.digest()

    again = world.settlement_file(flat(world)).statements[0]

    assert (again.unchanged, again.applied) == (9, 0)
    assert world.digest() == before
    assert world.broken() == []


def test_alone_a_part_waits_for_the_settlement_report(world: World) -> None:
    part = ranged(traded(world), *ALL[:2]).statements[0]
    short = ranged(world, *ALL[:2], paid("37.80")).statements[0]
    assert (part.state, short.state) == ("quarantined", "quarantined")
    assert "of no payout" in str(part.reason)
    assert "a difference of -17.40" in str(short.reason)

    whole = world.settlement_file(flat(world)).statements[0]

    assert (whole.state, whole.applied) == ("booked", 9)
    assert ranged(world, *ALL[:2]).statements[0].unchanged == 4
    assert world.broken() == []


def test_several_settlements_stand_in_one_report(world: World) -> None:
    traded(world).settlement_file(flat(world))
    other = [sold(ORDERS[0], settlement="902")]

    found = {each.settlement: each.state for each in ranged(world, *ALL, *other).statements}

    assert found == {"901": "booked", "902": "quarantined"}
