"""Why profit is not final: every cause is seen, with what to do, and goes away when dealt with."""

from __future__ import annotations

from datetime import date

import pytest

from core.allocation.running import run_allocation
from core.fees.finality import NAMES
from core.fees.finality import states_of
from core.fees.finality import together
from core.fees.missing import ACTIONS
from core.fees.missing import Scope
from core.fees.missing import missing
from core.fees.plans import find_shop
from core.fees.plans import say_rate
from core.fees.plans import use_plan
from core.ids import next_id
from core.ledger.journal import Dimensions
from core.ledger.journal import Journal
from core.settlements.reconciling import reconcile
from core.settlements.resolving import resolve_settlements
from tests.world import World

ORDER = "026-0000001-0000001"
SALE = f"for {ORDER} of MUG"
TODAY = date(2011, 2, 20)


def causes(world: World, today: date = TODAY, **scope: object) -> dict[str, tuple[int, object]]:
    with world.kernel.db.read() as session:
        found = missing(session, world.company.id, Scope(**scope), today)  # type: ignore[arg-type]
    assert all(cause.action for cause in found)
    return {cause.code: (cause.count, dict(cause.amounts)) for cause in found}


def state(world: World) -> str:
    with world.kernel.db.read() as session:
        order_id = world.order(ORDER).id
        return NAMES[states_of(session, world.company.id, [order_id])[order_id]]


@pytest.fixture
def sold(world: World) -> World:
    world.stock("MUG 10 @ 2.00 on 2010-11-30")
    world.orders(f"{ORDER} MUG 2 @ 10.00 on 2011-02-02 from ann")
    return world


def test_every_cause_has_words(world: World) -> None:
    from core.web.labels import LABELS  # noqa: PLC0415

    assert LABELS["not_final"].keys() == LABELS["not_final_action"].keys() == ACTIONS.keys()
    assert causes(world) == {}


def test_a_sale_waits_for_its_settlement_and_then_for_an_answer(sold: World) -> None:
    waits = {"GBP": 2400}
    assert causes(sold) == {"no_estimate": (1, waits), "unsettled": (1, waits)}
    late = causes(sold, date(2011, 4, 20))
    assert late == {"no_estimate": (1, waits), "unpaid": (1, waits)}


def test_an_estimate_that_nothing_came_for_is_named(sold: World) -> None:
    with sold.kernel.db.write() as session:
        shop = find_shop(session, sold.company.id, "Till")
        use_plan(session, sold.company.id, shop.id, "amazon", "GB")
        say_rate(session, sold.company.id, shop.id, "6000", "price", 150_000, date.min)
    sold.orders("B MUG 1 @ 10.00 on 2011-02-03")
    assert causes(sold, date(2011, 4, 20))["accrued"] == (1, {"GBP": 180})
    assert "accrued" not in causes(sold, date(2011, 4, 3))


def test_goods_without_stock_or_cost_are_named_with_their_sku(sold: World) -> None:
    sold.orders("B MUG 20 @ 10.00 on 2011-02-05")
    found = causes(sold)
    assert found["short"][0] == 1
    sku_id = sold.lines(ORDER)[0].sku_id
    assert causes(sold, sku_id=sku_id)["short"][0] == 1
    assert "short" not in causes(sold, sku_id=-1)
    sold.change("UPDATE orders_line SET cost_amount = 0 WHERE quantity = 2")
    assert causes(sold)["no_cost"] == (1, {"GBP": 2000})


def test_what_is_asked_about_narrows_the_causes(sold: World) -> None:
    sold.orders("B MUG 1 @ 10.00 on 2011-03-02")
    assert causes(sold)["unsettled"][0] == 2
    february = causes(sold, start=date(2011, 2, 1), end=date(2011, 2, 28))
    assert february["unsettled"] == (1, {"GBP": 2400})
    assert causes(sold, order_id=sold.order("B").id)["unsettled"] == (1, {"GBP": 1200})


def test_rows_in_suspense_and_settlements_kept_aside_are_named(sold: World) -> None:
    sold.settle("ServiceFee/ServiceFee/Robot Fee -3.00 on 2011-02-03", ref="901")
    sold.settle(f"Order/ItemPrice/Principal 24.00 on 2011-02-04 {SALE}", ref="902", total="25.00")
    found = causes(sold)
    assert found["suspense"] == (1, {"GBP": -300})
    assert found["held"] == (1, {"GBP": 2500})


def test_an_order_is_reconciled_once_the_money_is_there_and_returns_are_over(sold: World) -> None:
    def go_on(day: date) -> tuple[int, int]:
        with sold.kernel.db.write() as session:
            found = reconcile(session, sold.company.id, day)
            return found.settled, found.reconciled

    assert go_on(date(2012, 1, 1)) == (0, 0)
    sold.settle(f"Order/ItemPrice/Principal 24.00 on 2011-02-04 {SALE}")
    assert state(sold) == "settled"
    # The payout was not found at the bank yet.
    assert go_on(date(2012, 1, 1)) == (0, 0)
    sold.change("UPDATE ledger_item SET open_amount = 0 WHERE natural_key LIKE '%/901'")
    assert go_on(date(2011, 3, 1)) == (0, 0)
    assert go_on(date(2012, 1, 1)) == (0, 1)
    assert state(sold) == "reconciled"
    assert go_on(date(2012, 1, 1)) == (0, 0)


def test_an_order_that_comes_after_its_settlement_finds_its_rows(sold: World) -> None:
    late = "026-0000009-0000009"
    sold.settle(
        f"Order/ItemPrice/Principal 12.00 on 2011-02-04 for {late} of MUG",
        f"Order/ItemFees/Commission -1.80 on 2011-02-04 for {late} of MUG",
    )
    assert causes(sold)["suspense"] == (1, {"GBP": 1200})
    sold.orders(f"{late} MUG 1 @ 10.00 on 2011-02-05")
    moved = resolve_settlements(sold.kernel, sold.company.id)
    assert moved.moved == 2
    assert "suspense" not in causes(sold)
    with sold.kernel.db.write() as session:
        reconcile(session, sold.company.id, TODAY)
        order_id = sold.order(late).id
        assert states_of(session, sold.company.id, [order_id])[order_id] == 2
    assert sold.broken() == []


@pytest.mark.parametrize(
    ("lowest", "highest", "name"),
    [
        (None, None, "settled"),
        (0, 0, "estimated"),
        (0, 2, "partly settled"),
        (1, 3, "partly settled"),
        (2, 3, "settled"),
        (3, 3, "reconciled"),
    ],
)
def test_several_orders_are_as_final_as_the_least_of_them(
    lowest: int | None, highest: int | None, name: str
) -> None:
    assert together(lowest, highest) == name


def test_costs_without_an_order_are_said_until_they_are_shared(sold: World) -> None:
    (shop,) = sold.rows("SELECT id FROM channels_shop")[0]
    for account, amount, where in (("6070", 90, Dimensions(shop)), ("8120", 500, Dimensions())):
        with sold.kernel.db.write() as session:
            journal = Journal(session, sold.company.id, "GBP")
            entry = journal.entry(next_id(session), f"bill:{account}", "manual", TODAY)
            entry.add(account, amount, where)
            entry.add("1000", -amount, Dimensions())
            journal.post()
    assert causes(sold)["not_allocated"] == (2, {"GBP": 590})

    run_allocation(sold.kernel, sold.company.id, TODAY.replace(day=1), TODAY, by="ann")

    # The subscription went to the shop's order; no rule says who bears the rent.
    assert causes(sold)["not_allocated"] == (1, {"GBP": 500})
