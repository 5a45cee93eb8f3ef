"""Receipts told of late: frozen or replayed; a replay is what the right order would have made."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from pathlib import Path

import pytest

from core.catalog.services import make_skus
from core.costing.receiving import ReceiptLine
from core.costing.receiving import receive_goods
from core.costing.replaying import preview_replay
from core.costing.replaying import replay
from core.errors import Conflict
from core.errors import NotFound
from core.orders.shipping import ship
from core.orders.taking_back import take_back
from core.stock.costing import AVERAGE
from core.stock.costing import REPLAY
from core.stock.costing import choose_backdating
from core.stock.costing import choose_method
from core.warehousing.handling import Act
from core.warehousing.handling import Goods
from core.warehousing.handling import adjust
from tests.costing.buying import Buyer
from tests.costing.test_commands import entrepot
from tests.orders.life import Life
from tests.world import World
from tests.world import Worlds

EARLY, FIRST = datetime(2010, 12, 20, 12, tzinfo=UTC), datetime(2011, 1, 1, 12, tzinfo=UTC)


def sell(world: World, ref: str, sku: str, quantity: int, at: datetime) -> None:
    life = Life(world)
    life.orders(f"{ref} {sku} {quantity} @ 9999.00 on {at:%Y-%m-%d} at {at:%H:%M} to GB")
    life.do(ship, ref, at=at)


def sold(world: World) -> Buyer:
    """Sell eight of ten mugs at 10.00 on two days, and find then that five at 8.00 came before."""
    buyer = Buyer(world)
    buyer.receive("L1", "MUG 10 for 100.00", at=FIRST)
    sell(world, "S1", "MUG", 4, datetime(2011, 1, 5, 12, tzinfo=UTC))
    sell(world, "S2", "MUG", 4, datetime(2011, 2, 5, 12, tzinfo=UTC))
    return buyer


def costs(world: World) -> dict[str, int]:
    rows = world.rows(
        "SELECT o.external_ref, SUM(l.cost_amount) AS cost FROM orders_line l JOIN orders_order o"
        " ON o.company_id = l.company_id AND o.id = l.order_id GROUP BY o.external_ref"
    )
    return {row.external_ref: int(row.cost) for row in rows}


def test_frozen_costs_stay_and_a_preview_says_what_a_replay_would_change(world: World) -> None:
    buyer = sold(world)
    buyer.receive("L0", "MUG 5 for 40.00", at=EARLY)
    assert costs(world) == {"S1": 4000, "S2": 4000}
    before = world.digest()
    with world.kernel.db.read() as session:
        shown = preview_replay(session, world.company.id, "L0")
    assert [(each.order_ref, each.before, each.after, each.difference) for each in shown] == [
        ("S1", 4000, 3200, -800), ("S2", 4000, 3800, -200)
    ]  # fmt: skip
    assert world.digest() == before
    buyer.sound()


def test_a_replay_books_each_difference_on_its_own_day(world: World) -> None:
    buyer = sold(world)
    buyer.receive("L0", "MUG 5 for 40.00", at=EARLY)
    world.close_month("2011-01")
    done = buyer.do(replay, "L0")
    assert sum(each.difference for each in done) == -1000
    rows = world.rows(
        "SELECT natural_key, booked_on, attributed_on FROM ledger_entry"
        " WHERE kind = 'cost_replay' ORDER BY booked_on, attributed_on DESC"
    )
    days = [(str(row.booked_on), row.attributed_on and str(row.attributed_on)) for row in rows]
    # January is closed: its part is booked in the next open month, and says where it belongs.
    assert sorted(days, key=str) == [("2011-02-01", "2011-01-05"), ("2011-02-05", None)]
    assert world.booked("cost_replay") == {"1300": 1000, "5000": -1000}
    assert costs(world) == {"S1": 3200, "S2": 3800}
    assert buyer.worth() == {"MAIN MUG": [(7, 7000)]}
    buyer.sound()
    # Once is enough, until others are told of too.
    before = world.digest()
    assert buyer.do(replay, "L0") == []
    assert world.digest() == before
    buyer.receive("L00", "MUG 2 for 2.00", at=EARLY - timedelta(days=1))
    assert sum(each.difference for each in buyer.do(replay, "L0")) == -1800
    assert costs(world) == {"S1": 1800, "S2": 3400}
    buyer.sound()


def test_a_company_that_replays_does_so_by_itself(world: World) -> None:
    buyer = sold(world)
    buyer.do(choose_backdating, REPLAY)
    buyer.receive("L0", "MUG 5 for 40.00", at=EARLY)
    assert costs(world) == {"S1": 3200, "S2": 3800}
    buyer.sound()


@pytest.mark.parametrize("why", ["returned", "carried", "average"])
def test_what_cannot_be_worked_out_again_is_said_and_frozen(world: World, why: str) -> None:
    buyer = Buyer(world)
    if why == "average":
        buyer.do(choose_method, AVERAGE)
    buyer = sold(world)
    if why == "returned":
        (line,) = world.lines("S1")
        Life(world).one(take_back, "S1", quantities={line.id: 1}, refund=False,
                        disposition="sellable")  # fmt: skip
    if why == "carried":
        buyer.move("T1", "MUG", 1, "THERE")
    said = {"returned": "came back", "carried": "elsewhere", "average": "moving average"}[why]
    buyer.do(choose_backdating, REPLAY)
    buyer.receive("L0", "MUG 5 for 40.00", at=EARLY)
    assert costs(world)["S2"] == 4000
    with pytest.raises(Conflict, match=said):
        buyer.do(replay, "L0")
    rows = world.rows("SELECT after FROM identity_audit WHERE action = 'costs.not_replayed'")
    assert said in str(rows[0].after)
    buyer.sound()


def test_an_unknown_receipt_is_said(world: World) -> None:
    with pytest.raises(NotFound, match="no receipt 'L9'"):
        Buyer(world).do(replay, "L9")


def test_the_command_line_takes_goods_in_late_and_replays(world: World) -> None:
    sold(world)
    late = ("stock", "receive", "MAIN", "L0", "MUG=5@40.00", "--at", "2010-12-20")
    entrepot(world, *late)
    shown = entrepot(world, "cost", "replay", "L0", "--preview")["rows"]
    told = [(row["order"], row["difference"]) for row in shown]
    assert told == [("S1", "-8.00"), ("S2", "-2.00")]
    assert entrepot(world, "cost", "backdated") == {"backdated": "freeze"}
    assert entrepot(world, "cost", "replay", "L0")["rows"] == shown
    assert entrepot(world, "cost", "replay", "L0")["rows"] == []
    assert entrepot(world, "cost", "backdated", "replay") == {"backdated": "replay"}
    said = entrepot(world, "stock", "receive", "MAIN", "L8", "MUG=5@4.00", "--at", "2999-01-01",
                    code=2)  # fmt: skip
    assert "still to come" in said


Fact = tuple[datetime, str, str, str, int, int]


def facts(seed: int, skus: int) -> list[Fact]:
    """Return receipts, sales and losses of some SKUs in the order in which they happened.

    Each is (when, what, reference, SKU, quantity, value); there is always enough on hand, also
    without the goods that are told of late (`late`).
    """
    chance = random.Random(seed)
    told: list[Fact] = []
    for number in range(skus):
        sku, on_hand, at = f"SKU{number}", 0, FIRST
        for step in range(8):
            at += timedelta(hours=chance.randint(1, 90))
            ref = f"{sku}-{step}"
            if on_hand < 3 or chance.random() < 0.3:
                quantity = chance.randint(3, 12)
                told.append((at, "receive", ref, sku, quantity, chance.randint(100, 9999)))
                on_hand += quantity
            else:
                quantity = chance.randint(1, min(on_hand, 5))
                told.append((at, chance.choice(["sell", "sell", "lose"]), ref, sku, quantity, 0))
                on_hand -= quantity
        late = FIRST + timedelta(hours=chance.randint(0, 200), minutes=30)
        told.append(
            (late, "late", f"{sku}-late", sku, chance.randint(1, 9), chance.randint(1, 999))
        )
    return sorted(told)


def tell(world: World, fact: Fact) -> None:
    at, what, ref, sku, quantity, value = fact
    if what in ("receive", "late"):
        Buyer(world).do(receive_goods, "MAIN", ref, [ReceiptLine(sku, quantity, value)], at=at)
    elif what == "sell":
        sell(world, ref, sku, quantity, at)
    else:
        Buyer(world).do(adjust, Goods("MAIN", sku, -quantity), "lost", Act("x", at=at, key=ref))


def standing(world: World) -> tuple[object, ...]:
    """Return layers, what each event took from which receipt, and what stands on the accounts."""
    layers = world.rows(
        "SELECT d.natural_key, y.quantity, y.value, y.remaining, y.remaining_value"
        " FROM stock_layer y JOIN stock_document d ON d.id = y.document_id"
    )
    uses = world.rows(
        "SELECT t.natural_key AS by_key, d.natural_key, u.quantity, u.value FROM stock_layer_use u"
        " JOIN stock_layer y ON y.id = u.layer_id JOIN stock_document d ON d.id = y.document_id"
        " JOIN stock_document t ON t.id = u.document_id"
    )
    sums: Counter[tuple[object, ...]] = Counter()
    for code, sku, ref, month, amount in world.rows(
        "SELECT a.code, s.code AS sku, o.external_ref, p.booked_on, p.amount FROM ledger_posting p"
        " JOIN ledger_account a ON a.id = p.account_id LEFT JOIN catalog_sku s ON s.id = p.sku_id"
        " LEFT JOIN orders_order o ON o.id = p.order_id"
    ):
        sums[code, sku, ref, str(month)] += amount
    accounts = {key: amount for key, amount in sums.items() if amount}
    return sorted(map(tuple, layers)), sorted(map(tuple, uses)), accounts, costs(world)


@pytest.mark.parametrize("skus", [3, pytest.param(60, marks=pytest.mark.soak)])
def test_a_replay_is_what_the_right_order_would_have_made(
    worlds: Worlds, world: World, tmp_path: Path, skus: int
) -> None:
    story = facts(seed=20110101, skus=skus)
    folder = tmp_path / "fresh"
    folder.mkdir()
    url = worlds.create(world.kernel.db.dialect)
    fresh = worlds.open(url, folder)
    try:
        for each in (world, fresh):
            with each.kernel.db.write() as session:
                names = {fact[3]: fact[3] for fact in story}
                make_skus(session, each.company.id, names)
        for fact in story:
            tell(fresh, fact)
        Buyer(world).do(choose_backdating, REPLAY)
        for fact in [fact for fact in story if fact[1] != "late"]:
            tell(world, fact)
        for fact in [fact for fact in story if fact[1] == "late"]:
            tell(world, fact)
        assert standing(world) == standing(fresh)
        assert world.rows("SELECT 1 FROM ledger_entry WHERE kind = 'cost_replay'")
        assert world.broken() == []
    finally:
        fresh.kernel.db.dispose()
        worlds.drop(url)
