"""Sales in a foreign currency: booked by the rate of their day, or waiting visibly for it."""

from __future__ import annotations

import pytest

from core.orders.waiting import post_waiting
from tests.world import World

SALE = "1001 MUG 2 @ 5.00 EUR on 2011-02-01 from ann to GB"


def postings(world: World, key: str) -> dict[str, tuple[int, str, int]]:
    rows = world.rows(
        "SELECT a.code, p.amount, p.currency, p.currency_amount FROM ledger_posting p"
        " JOIN ledger_entry e ON e.company_id = p.company_id AND e.id = p.entry_id"
        " JOIN ledger_account a ON a.company_id = p.company_id AND a.id = p.account_id"
        " WHERE e.natural_key LIKE :key",
        key=f"%{key}%",
    )
    return {row[0]: tuple(row[1:]) for row in rows}


BOOKED = {
    "1210": (1028, "EUR", 1200),
    "4000": (-857, "EUR", -1000),
    "2300": (-171, "EUR", -200),
    "5000": (400, "GBP", 400),
    "1300": (-400, "GBP", -400),
}


def test_a_sale_is_booked_by_the_rate_of_its_day(world: World) -> None:
    world.rates("EUR/GBP 0.857 on 2011-01-31", "EUR/GBP 0.9 on 2011-02-02")
    world.stock("MUG 5 @ 2.00 on 2011-01-01")
    world.orders(SALE)
    assert postings(world, "1001") == BOOKED
    entry = world.rows("SELECT rate FROM ledger_entry WHERE kind = 'sale'")[0]
    assert entry.rate == "EUR/GBP 0.857 (own, 2011-01-31)"
    items = world.rows("SELECT currency, open_amount, open_functional FROM ledger_item")
    assert [tuple(row) for row in items] == [("EUR", 1200, 1028)]
    assert world.broken() == []


def test_a_sale_waits_for_its_rate_and_is_booked_once_it_is_there(world: World) -> None:
    world.stock("MUG 5 @ 2.00 on 2011-01-01")
    world.orders(SALE)
    assert world.booked("1001") == {}
    [waiting] = world.rows("SELECT waiting_for FROM stock_document WHERE posting_state = 'waiting'")
    assert waiting.waiting_for == "There is no rate from EUR to GBP on or before 2011-02-01."
    world.rates("EUR/GBP 0.857 on 2011-02-01")
    with world.kernel.db.write() as session:
        assert post_waiting(session, world.company.id).posted == 1
    assert postings(world, "1001") == BOOKED
    assert world.broken() == []


def test_a_refund_is_converted_by_the_rate_of_its_own_day(world: World) -> None:
    world.rates("EUR/GBP 0.857 on 2011-02-01", "EUR/GBP 0.9 on 2011-02-20")
    world.stock("MUG 5 @ 2.00 on 2011-01-01")
    world.orders(SALE, "C1 MUG -1 @ 5.00 EUR on 2011-02-20 from ann to GB")
    assert postings(world, "C1") == {
        "1210": (-540, "EUR", -600),
        "4200": (450, "EUR", 500),
        "2300": (90, "EUR", 100),
        "5000": (-200, "GBP", -200),
        "1300": (200, "GBP", 200),
    }
    assert world.broken() == []


def test_a_document_in_several_currencies_waits(world: World) -> None:
    world.rates("EUR/GBP 0.857 on 2011-02-01")
    world.orders(SALE, "1001 CUP 1 @ 1.00 GBP on 2011-02-01 from ann to GB")
    [waiting] = world.rows("SELECT waiting_for FROM stock_document WHERE posting_state = 'waiting'")
    assert waiting.waiting_for == "Its lines are in several currencies."
    with world.kernel.db.write() as session:
        result = post_waiting(session, world.company.id)
    assert (result.posted, result.reasons) == (0, ["Its lines are in several currencies."])


def test_a_later_part_in_another_currency_waits(world: World) -> None:
    world.rates("EUR/GBP 0.857 on 2011-02-01")
    world.orders(SALE)
    world.orders(SALE, "1001 CUP 1 @ 1.00 USD on 2011-02-01 from ann to GB")
    world.rates("USD/GBP 0.6 on 2011-02-01")
    with world.kernel.db.write() as session:
        [reason] = post_waiting(session, world.company.id).reasons
    assert reason == "It is in USD, what is owed for it so far in EUR."
    assert world.broken() == []


@pytest.mark.parametrize("rate", ["0.857", "0.001", "123.456789"])
def test_receivable_is_the_sum_of_what_was_converted(world: World, rate: str) -> None:
    world.rates(f"EUR/GBP {rate} on 2011-02-01")
    world.orders(*[f"1001 M{n} 1 @ {n}.3{n} EUR on 2011-02-01 from ann" for n in range(1, 9)])
    sums = world.booked("1001")
    assert sum(sums.values()) == 0
    assert world.broken() == []
