"""What a platform holds back is seen as such, replaced by what is told later, and never added."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from datetime import date
from datetime import datetime
from datetime import timedelta

from core import clock
from core.channels.external import HeldMoney
from core.settlements.ages import clearing_ages
from core.settlements.holding import PlatformAccount
from core.settlements.holding import keep_held
from core.settlements.holding import release_unseen
from core.settlements.receivables import held_sums
from core.settlements.receivables import receivables
from tests.settlements.test_extracts import ORDERS
from tests.settlements.test_extracts import flat
from tests.settlements.test_extracts import ranged
from tests.settlements.test_extracts import sold
from tests.settlements.test_extracts import traded
from tests.world import World

AT = datetime(2011, 2, 3, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def account(world: World) -> PlatformAccount:
    orders = world.rows("SELECT platform, account FROM orders_order LIMIT 1")[0]
    name = world.rows("SELECT account FROM kernel_connection WHERE label = 'Amazon'")[0][0]
    return PlatformAccount(world.company.id, "amazon", name, (orders[0], orders[1]))


def money(ref: str, amount: int = 1020, **changes: object) -> HeldMoney:
    made = HeldMoney(f"T-{ref}", "Order", ref, AT, amount, "GBP", "DD7", AT + timedelta(days=7))
    return replace(made, **changes)  # type: ignore[arg-type]


def keep(world: World, *told: HeldMoney) -> None:
    with world.kernel.db.write() as session:
        keep_held(session, account(world), told)


def states(world: World) -> dict[str, tuple[str, int]]:
    rows = world.rows("SELECT order_ref, source_ref, state, amount FROM settlements_held")
    return {f"{ref[-1]}{'api' if source else 'file'}": (state, int(amount))
            for ref, source, state, amount in rows}  # fmt: skip


def held(world: World) -> dict[str, int]:
    with world.kernel.db.read() as session:
        return {each.state: each.amount for each in held_sums(session, world.company.id)}


def deferred(ref: str) -> str:
    return sold(ref, settlement="").replace("Released,", "Deferred,10 Feb 2011 00:00:00 UTC")


def test_told_again_it_is_replaced(world: World) -> None:
    traded(world)
    keep(world, money(ORDERS[0]), money(ORDERS[1]))
    keep(world, money(ORDERS[0], 1000), money(ORDERS[0], 1000))

    assert held(world) == {"held": 2020}
    keep(world, money(ORDERS[0], 1000, released=True))
    assert held(world) == {"held": 1020, "released": 1000}


def test_a_file_and_the_platform_tell_of_one_event_once(world: World) -> None:
    traded(world)
    assert ranged(world, deferred(ORDERS[0]), deferred(ORDERS[1])).held == 2
    assert held(world) == {"held": 2040}

    keep(world, money(ORDERS[0]))
    ranged(world, deferred(ORDERS[0]), deferred(ORDERS[1]))

    assert states(world) == {
        "1api": ("held", 1020),
        "1file": ("superseded", 1020),
        "2file": ("held", 1020),
    }
    assert held(world) == {"held": 2040}


def test_what_is_told_no_more_was_released(world: World) -> None:
    traded(world)
    keep(world, money(ORDERS[0]), money(ORDERS[1]))
    began = clock.now()
    keep(world, money(ORDERS[1]))

    with world.kernel.db.write() as session:
        assert release_unseen(session, account(world), began) == 1

    assert states(world)["1api"][0] == "released"
    keep(world, money(ORDERS[0]))
    assert states(world)["1api"][0] == "held"


def test_a_settlement_pays_what_was_held_and_books_it_once(world: World) -> None:
    traded(world)
    keep(world, *[money(ref) for ref in ORDERS])
    with world.kernel.db.read() as session:
        before = {each.state: each.amount for each in receivables(session, world.company.id)}
    assert before == {"held": 4800}

    world.settlement_file(flat(world, refs=ORDERS[:3]))

    assert [states(world)[f"{n}api"][0] for n in (1, 2, 3, 4)] == ["settled"] * 3 + ["held"]
    assert held(world) == {"held": 1020}
    with world.kernel.db.read() as session:
        after = {each.state: each.amount for each in receivables(session, world.company.id)}
    assert after == {"held": 1200, "in_transit": 2760}
    assert world.broken() == []


def test_what_is_told_after_its_settlement_is_held_no_more(world: World) -> None:
    traded(world).settlement_file(flat(world))

    keep(world, money(ORDERS[0]), money(ORDERS[1], 999), money(ORDERS[2], posted_at=AT - DAY))

    # By its moment, or else by its amount.
    assert {state for state, _ in states(world).values()} == {"settled"}
    assert held(world) == {}


def test_clearing_accounts_are_listed_by_age(world: World) -> None:
    traded(world).settlement_file(flat(world, refs=ORDERS[:1]))

    def amounts(day: date) -> dict[str, tuple[int, ...]]:
        with world.kernel.db.read() as session:
            return {e.ledger: e.amounts for e in clearing_ages(session, world.company.id, day)}

    young, old = amounts(date(2011, 3, 1)), amounts(date(2011, 6, 1))
    assert young == {"1060": (720, 0, 0, 0, 0), "1210": (0, 3600, 0, 0, 0)}
    assert old == {"1060": (0, 0, 0, 0, 720), "1210": (0, 0, 0, 0, 3600)}
