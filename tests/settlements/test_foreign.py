"""Settlements in a foreign currency: items are cleared at what they carry, nothing is realised."""

from __future__ import annotations

import pytest

from core.settlements.resolving import resolve_settlements
from tests.world import World

ORDER = "303-0000000-0000001"
SALE = f"{ORDER} MUG 2 @ 5.00 EUR on 2011-02-01 from ann to GB"
RATES = (
    "EUR/GBP 0.80 on 2011-02-01",
    "EUR/GBP 0.85 on 2011-02-05",
    "EUR/GBP 0.90 on 2011-02-10",
)
ROWS = (
    f"Order/ItemPrice/Principal 10.00 on 2011-02-05 for {ORDER}",
    f"Order/ItemPrice/Tax 2.00 on 2011-02-05 for {ORDER}",
    f"Order/ItemFees/Commission -1.50 on 2011-02-05 for {ORDER}",
    "other-transaction/other-transaction/Subscription Fee -3.00 on 2011-02-10",
    "other-transaction/other-transaction/Current Reserve Amount -2.50 on 2011-02-10",
)


ITEMS = (
    "SELECT a.code, i.currency, i.open_amount, i.open_functional FROM ledger_item i"
    " JOIN ledger_account a ON a.company_id = i.company_id AND a.id = i.account_id"
    " WHERE i.open_amount <> 0 OR i.open_functional <> 0"
)


def items(world: World) -> dict[str, tuple[str, int, int]]:
    return {row[0]: tuple(row[1:]) for row in world.rows(ITEMS)}


def test_a_settlement_clears_what_was_booked_at_its_own_value(world: World) -> None:
    world.rates(*RATES)
    world.orders(SALE)
    told = world.settle(*ROWS, currency="EUR")
    assert (told.state, told.suspense) == ("booked", 0)
    # 12.00 stood at 9.60; the fee of 1.50 and the subscription of 3.00 cost 0.90 each, so that 7.50
    # are worth 5.55. A third of it is kept back.
    assert items(world) == {"1225": ("EUR", 250, 185), "1060": ("EUR", 500, 370)}
    assert "9000" not in world.booked("")
    assert world.broken() == []
    released = "other-transaction/other-transaction/Previous Reserve Amount Balance 2.50"
    told = world.settle(f"{released} on 2011-02-10", ref="902", currency="EUR")
    assert (told.state, told.suspense) == ("booked", 0)
    assert sorted(row[1:] for row in world.rows(ITEMS) if row.code == "1060") == [
        ("EUR", 250, 185), ("EUR", 500, 370)
    ]  # fmt: skip
    assert world.broken() == []


def test_a_settlement_waits_for_the_rates_of_its_days(world: World) -> None:
    world.rates("EUR/GBP 0.80 on 2011-02-08")
    told = world.settle(*ROWS, currency="EUR")
    assert told.state == "waiting"
    assert told.reason == "There is no rate from EUR to GBP on or before 2011-02-05."
    world.rates(*RATES)
    resolve_settlements(world.kernel, world.company.id)
    assert world.rows("SELECT state FROM settlements_statement")[0].state == "booked"
    assert world.broken() == []


def test_an_order_that_comes_late_leaves_suspense_at_its_value(world: World) -> None:
    world.rates(*RATES)
    world.settle(*ROWS[:3], currency="EUR")
    assert items(world)["1590"] == ("EUR", -1200, -1020)
    world.orders(SALE)
    resolve_settlements(world.kernel, world.company.id)
    left = items(world)
    assert "1590" not in left
    assert "1210" not in left
    # What was settled at 10.20 had been sold for 9.60.
    assert world.booked("")["9000"] == -60
    assert world.broken() == []


@pytest.mark.parametrize("back", ["0.70", "0.85", "1.10"])
def test_a_statement_of_nothing_leaves_no_value_behind(world: World, back: str) -> None:
    world.rates("EUR/GBP 0.80 on 2011-02-01", f"EUR/GBP {back} on 2011-02-10")
    world.settle(
        "other-transaction/other-transaction/Subscription Fee -3.00 on 2011-02-05",
        "other-transaction/other-transaction/Subscription Fee 3.00 on 2011-02-10",
        currency="EUR",
    )
    assert [key for key in items(world) if key != "1590"] == []
    assert world.broken() == []
