"""Fees are estimated when goods leave; amounts are pennies, debit positive, VAT is 20 %."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from core.catalog.measuring import Measures
from core.catalog.measuring import measure_skus
from core.fees.backfilling import estimate_missing
from core.fees.drift import drift_report
from core.fees.finality import states_of
from core.fees.plans import find_shop
from core.fees.plans import say_rate
from core.fees.plans import set_categories
from core.fees.plans import use_plan
from core.orders.record import Actor
from core.orders.shipping import ship
from core.orders.taking_back import take_back
from tests.world import MAPPING
from tests.world import World

ORDER = "026-0000001-0000001"
SALE = f"for {ORDER} of MUG"
OPEN = MAPPING.replace("shipped = true", "shipped = false")


@pytest.fixture
def planned(world: World) -> World:
    """Give a shop that sells on Amazon, by its tables for Great Britain."""
    world.stock("MUG 500 @ 2.00 on 2026-01-01")
    world.orders("0 MUG 1 @ 1.00 on 2026-01-02")
    with world.kernel.db.write() as session:
        measure_skus(session, world.company.id, {"MUG": Measures(450, 200, 150, 100)})
    plan(world)
    return world


def plan(world: World, category: str = "Toys and Games", **preferences: Sequence[str]) -> None:
    with world.kernel.db.write() as session:
        shop = find_shop(session, world.company.id, "Till")
        use_plan(
            session, world.company.id, shop.id, "amazon", "GB",
            category=category, fulfilment="platform",
            preferences={name.removeprefix("a"): ways for name, ways in preferences.items()},
        )  # fmt: skip


def rate(world: World, account: str, basis: str, amount: int) -> None:
    with world.kernel.db.write() as session:
        shop = find_shop(session, world.company.id, "Till")
        say_rate(session, world.company.id, shop.id, account, basis, amount, date(2026, 1, 1))


def estimates(world: World, order: str = ORDER) -> list[tuple[object, ...]]:
    rows = world.rows(
        "SELECT e.account, e.estimated_amount, e.open_amount, e.actual_amount, e.estimator"
        " FROM fees_estimate e JOIN orders_order o ON o.company_id = e.company_id"
        " AND o.id = e.order_id WHERE o.external_ref = :order ORDER BY e.line_id, e.account",
        order=order,
    )
    return [tuple(row) for row in rows]


def state(world: World, order: str = ORDER) -> int | None:
    with world.kernel.db.read() as session:
        order_id = world.order(order).id
        return states_of(session, world.company.id, [order_id]).get(order_id)


TABLE = "table amazon/GB 2026.1"


def test_fees_are_booked_with_the_parcel_in_one_entry(planned: World) -> None:
    planned.orders(
        f"{ORDER} MUG 2 @ 10.00 on 2026-03-02 from ann", f"{ORDER} POST 1 @ 2.50 on 2026-03-02"
    )
    # The share is of all that is paid, tax included: 15 % of 27.00, and 2 × 3.04 by the size.
    assert estimates(planned) == [("6000", 405, 405, 0, TABLE), ("6020", 608, 608, 0, TABLE)]
    booked = planned.booked(f"sale:file/Till/{ORDER}")
    assert {k: v for k, v in booked.items() if k in ("6000", "6020", "2150", "1210")} == {
        "1210": 2700, "2150": -1013, "6000": 405, "6020": 608,
    }  # fmt: skip
    assert planned.open_items("2150") == {f"{ORDER}/6000": -405, f"{ORDER}/6020": -608}
    tags = planned.rows("SELECT DISTINCT tag FROM ledger_posting WHERE tag <> 'actual'")
    assert [tuple(row) for row in tags] == [("estimate",)]
    assert state(planned) == 0
    assert planned.broken() == []


def test_an_order_that_is_shipped_here_gets_the_same_fees(planned: World) -> None:
    planned.orders(f"{ORDER} MUG 2 @ 10.00 on 2026-03-02 from ann", mapping=OPEN)
    assert estimates(planned) == []
    order, company = planned.order(ORDER), planned.company.id
    with planned.kernel.db.write() as session:
        ship(session, company, [order.id], Actor("bob"))
    assert [row[:2] for row in estimates(planned)] == [("6000", 360), ("6020", 608)]
    assert planned.broken() == []


def test_a_shop_without_a_plan_has_no_estimates_until_it_gets_one(world: World) -> None:
    world.stock("MUG 10 @ 2.00 on 2026-01-01")
    world.orders(f"{ORDER} MUG 2 @ 10.00 on 2026-03-02")
    assert estimates(world) == []
    plan(world)
    with world.kernel.db.write() as session:
        found = estimate_missing(session, world.company.id)
        assert (found.looked_at, found.booked) == (1, 1)
        assert estimate_missing(session, world.company.id, after=found.last_id).looked_at == 0
    assert estimates(world) == [("6000", 360, 360, 0, TABLE)]
    with world.kernel.db.write() as session:
        assert estimate_missing(session, world.company.id).looked_at == 0
    assert world.broken() == []


def test_what_the_company_says_itself_comes_first(planned: World) -> None:
    rate(planned, "6000", "price", 80_000)
    rate(planned, "6000", "order", 25)
    rate(planned, "6130", "order", 310)
    planned.orders(f"{ORDER} MUG 1 @ 10.00 on 2026-03-02", f"{ORDER} MUG 2 @ 10.00 on 2026-03-02")
    assert estimates(planned) == [
        ("6000", 96 + 25, 121, 0, "own 2"),
        ("6020", 304, 304, 0, TABLE),
        ("6130", 310, 310, 0, "own 3"),
        ("6000", 192, 192, 0, "own 2"),
        ("6020", 608, 608, 0, TABLE),
    ]
    # Who carries the goods is paid by his own bill, whatever the platform settles.
    assert planned.open_items("2130") == {f"{ORDER}/6130": -310}
    planned.settle(f"Order/ItemPrice/Principal 36.00 on 2026-03-10 {SALE}")
    assert planned.open_items("2130") == {f"{ORDER}/6130": -310}
    assert planned.open_items("2150") == {}
    assert planned.broken() == []


def test_a_plan_says_which_way_is_better_for_a_fee(planned: World) -> None:
    rate(planned, "6000", "price", 80_000)
    plan(planned, a6000=["table", "own"])
    planned.orders(f"{ORDER} MUG 1 @ 10.00 on 2026-03-02")
    assert estimates(planned)[0] == ("6000", 180, 180, 0, TABLE)


def test_a_sku_has_its_own_category(planned: World) -> None:
    with planned.kernel.db.write() as session:
        assert set_categories(session, planned.company.id, "amazon", {"MUG": "Computers"}) == 1
        assert set_categories(session, planned.company.id, "amazon", {"MUG": "Computers"}) == 0
    planned.orders(f"{ORDER} MUG 1 @ 10.00 on 2026-03-02")
    assert estimates(planned)[0][:2] == ("6000", 84)


def settled(world: World, *numbers: int, commission: str = "-2.00") -> None:
    """Sell a mug for 12.00 in each order and let the platform settle it."""
    refs = [f"026-0000002-{number:07d}" for number in numbers]
    world.orders(*(f"{ref} MUG 1 @ 10.00 on 2026-03-02" for ref in refs))
    world.settle(
        *(
            row
            for ref in refs
            for row in (
                f"Order/ItemPrice/Principal 12.00 on 2026-03-05 for {ref} of MUG",
                f"Order/ItemFees/Commission {commission} on 2026-03-05 for {ref} of MUG",
                f"Order/ItemFees/VariableClosingFee -0.30 on 2026-03-05 for {ref} of MUG",
            )
        ),
        ref=f"9{numbers[0]}",
    )


def test_recent_fees_of_the_sku_tell_the_next_one(planned: World) -> None:
    settled(planned, 1, 2)
    planned.orders(f"{ORDER} MUG 2 @ 20.00 on 2026-03-20")
    # Two lines say nothing yet.
    assert [row[0] for row in estimates(planned)] == ["6000", "6020"]
    settled(planned, 3)
    plan(planned, a6000=["recent"])
    planned.orders("B MUG 2 @ 20.00 on 2026-03-20")
    assert estimates(planned, "B") == [
        ("6000", 800, 800, 0, "recent 1"),
        ("6010", 120, 120, 0, "recent 1"),
        ("6020", 608, 608, 0, TABLE),
    ]
    assert planned.broken() == []


def test_only_the_last_thirty_lines_count(planned: World) -> None:
    settled(planned, *range(1, 26), commission="-1.20")
    settled(planned, *range(26, 51), commission="-2.40")
    row = planned.rows("SELECT line_count, fee FROM fees_recent WHERE account = '6000'")
    assert [tuple(each) for each in row] == [(30, 5 * 120 + 25 * 240)]


def test_how_far_an_estimator_is_off_is_a_figure(planned: World) -> None:
    settled(planned, *range(1, 13))
    with planned.kernel.db.read() as session:
        rows = {row.account: row for row in drift_report(session, planned.company.id)}
    commission, closing = rows["6000"], rows["6010"]
    assert (commission.lines, commission.estimated, commission.actual) == (12, 12 * 180, 12 * 200)
    assert (commission.permyriad, commission.alarming, commission.estimator) == (1000, True, TABLE)
    # A fee that nobody estimated is off by all of it.
    assert (closing.estimator, closing.permyriad) == ("", 10_000)
    # Nothing came for the estimate of fulfilment: it was never charged.
    assert (rows["6020"].actual, rows["6020"].permyriad) == (0, -10_000)
    kept = planned.rows(
        "SELECT account, estimator, COUNT(*), SUM(estimated_amount - reversed_amount),"
        " SUM(actual_amount) FROM fees_estimate WHERE open_amount = 0 GROUP BY account, estimator"
    )
    assert {(r.account, r.estimator, r.lines, r.estimated, r.actual) for r in rows.values()} == {
        tuple(row) for row in kept
    }


def test_a_refund_before_the_settlement_takes_back_what_is_given_back(planned: World) -> None:
    planned.orders(f"{ORDER} MUG 2 @ 10.00 on 2026-03-02 from ann")
    line = planned.lines(ORDER)[0]
    with planned.kernel.db.write() as session:
        take_back(
            session, planned.company.id, line.order_id, Actor("bob"), quantities={line.id: 1},
            disposition="sellable", refund=True,
        )  # fmt: skip
    # Of 3.60 half is given back, and a fifth of that is kept; fulfilment is not given back.
    assert planned.open_items("2150") == {
        f"{ORDER}/6000": -180, f"{ORDER}/6005": -36, f"{ORDER}/6020": -608,
    }  # fmt: skip
    assert [row[:3] for row in estimates(planned)] == [
        ("6000", 360, 180), ("6020", 608, 608), ("6005", 36, 36),
    ]  # fmt: skip
    assert planned.broken() == []

    planned.settle(
        f"Order/ItemPrice/Principal 24.00 on 2026-03-10 {SALE}",
        f"Order/ItemFees/Commission -3.60 on 2026-03-10 {SALE}",
        f"Order/ItemFees/FBAPerUnitFulfillmentFee -6.08 on 2026-03-10 {SALE}",
    )
    assert planned.open_items("2150") == {f"{ORDER}/6005": -36}
    assert state(planned) == 1
    planned.settle(
        f"Refund/ItemPrice/Principal -12.00 on 2026-03-12 {SALE}",
        f"Refund/ItemFees/Commission 1.80 on 2026-03-12 {SALE}",
        f"Refund/ItemFees/RefundCommission -0.36 on 2026-03-12 {SALE}",
        ref="902",
    )
    assert planned.open_items("2150") == {}
    assert planned.open_items("1210") == {"0": 120}
    assert state(planned) == 2
    fees = {k: v for k, v in planned.booked("").items() if k in ("6000", "6005", "6020")}
    assert fees == {"6000": 180, "6005": 36, "6020": 608}
    assert planned.broken() == []


def test_an_order_is_as_final_as_what_was_settled_of_it(planned: World) -> None:
    planned.orders(f"{ORDER} MUG 2 @ 10.00 on 2026-03-02 from ann")
    assert state(planned) == 0
    planned.settle(f"Order/ItemPrice/Principal 10.00 on 2026-03-10 {SALE}")
    assert state(planned) == 1
    planned.settle(f"Order/ItemPrice/Principal 14.00 on 2026-03-20 {SALE}", ref="902")
    assert state(planned) == 2
    line = planned.lines(ORDER)[0]
    with planned.kernel.db.write() as session:
        take_back(
            session, planned.company.id, line.order_id, Actor("bob"), quantities={line.id: 1},
            disposition="sellable", refund=True,
        )  # fmt: skip
    assert state(planned) == 1
    assert planned.broken() == []
