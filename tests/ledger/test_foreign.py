"""Entries in foreign currency: both amounts of each posting, and items that carry a value."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from core.errors import InvariantBroken
from core.ids import id_stream
from core.ids import next_id
from core.ledger.journal import Dimensions
from core.ledger.journal import Journal
from core.ledger.journal import Original
from core.money import round_div
from tests.world import World

NOWHERE = Dimensions()
DAY = date(2011, 2, 1)


def post(world: World, *postings: tuple[str, int, Original | None, str]) -> None:
    with world.kernel.db.write() as session:
        journal = Journal(session, world.company.id, "GBP")
        entry = journal.entry(next_id(session), "one", "manual", DAY)
        entry.rate = "EUR/GBP 0.85"
        for account, amount, original, tag in postings:
            entry.add(account, amount, NOWHERE, original=original, tag=tag)
        journal.post()


def test_a_posting_keeps_the_amount_of_its_document(world: World) -> None:
    post(
        world,
        ("1210", 850, Original("EUR", 1000), "actual"),
        ("4000", -850, Original("EUR", -1000), "actual"),
        ("8120", 200, None, "actual"),
        ("1000", -200, None, "actual"),
    )
    rows = world.rows("SELECT amount, currency, currency_amount FROM ledger_posting ORDER BY seq")
    assert [tuple(row) for row in rows] == [
        (850, "EUR", 1000), (-850, "EUR", -1000), (200, "GBP", 200), (-200, "GBP", -200)
    ]  # fmt: skip
    assert world.rows("SELECT rate FROM ledger_entry")[0].rate == "EUR/GBP 0.85"
    assert not world.broken()


def test_an_amount_too_small_for_the_books_is_kept_all_the_same(world: World) -> None:
    post(
        world,
        ("1210", 0, Original("JPY", 1), "actual"),
        ("4000", 0, Original("JPY", -1), "actual"),
    )
    assert len(world.rows("SELECT 1 FROM ledger_posting")) == 2


def test_an_entry_must_balance_in_each_of_its_currencies(world: World) -> None:
    euros = ("1210", 850, Original("EUR", 1000), "actual")
    with pytest.raises(InvariantBroken, match="does not balance in EUR.*by 1000 minor"):
        post(world, euros, ("1000", -850, None, "actual"))
    assert world.rows("SELECT 1 FROM ledger_entry") == []
    post(world, euros, ("1000", -850, None, "conversion"))
    assert not world.broken()


def test_postgresql_refuses_what_balances_in_one_currency_only(world: World) -> None:
    if world.kernel.db.dialect != "postgresql":
        pytest.skip("SQLite has no triggers on statements; `entrepot verify` finds such an entry")
    euros = Original("EUR", 1000)
    post(world, ("1210", 850, euros, "actual"), ("4000", -850, Original("EUR", -1000), "actual"))
    copied = (
        "INSERT INTO ledger_posting SELECT company_id, booked_on, entry_id, seq + {0}, account_id,"
        " amount, {1}, {2}, shop_id, country, order_id, line_id, sku_id, warehouse_id, item_id,"
        " decision_id FROM ledger_posting WHERE seq < 2"
    )
    wrong = "currency, CASE WHEN amount > 0 THEN 999 ELSE currency_amount END"
    with pytest.raises(sa.exc.DBAPIError, match="does not balance"):
        world.change(copied.format(10, wrong, "tag"))
    world.change(copied.format(20, wrong, "'conversion'"))
    world.change(copied.format(30, "currency, currency_amount", "tag"))


def test_an_item_is_in_one_currency(world: World) -> None:
    with world.kernel.db.write() as session:
        journal = Journal(session, world.company.id, "GBP")
        journal.owe("1210", "A", next_id(session), 85, None, original=Original("EUR", 100))
        with pytest.raises(InvariantBroken, match="Item A of account 1210 is in EUR, not in GBP"):
            journal.owe("1210", "A", next_id(session), 85, None)


MOVES = st.lists(
    st.tuples(
        st.sampled_from(["1210", "1220", "2150"]),
        st.sampled_from(["a", "b"]),
        st.integers(-(10**7), 10**7),
        st.integers(1, 10**7),
    ),
    max_size=12,
)


@pytest.fixture
def numbers() -> Iterator[int]:
    return itertools.count()


@given(batches=st.lists(MOVES, min_size=1, max_size=3))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_moves_them_items_end_at_nothing_in_both_currencies(
    world: World, numbers: Iterator[int], batches: list[list[tuple[str, str, int, int]]]
) -> None:
    """Any amounts at any rates: an item whose own amount is cleared carries no value any more."""
    run = next(numbers)
    for moves in batches:
        move(world, numbers, run, moves)
    cleared = {
        (code, key.partition("/")[2]): -amount
        for code, key, amount in items(world)
        if key.startswith(f"{run}/")
    }
    halves = [(*where, amount // 2, 10**6) for where, amount in cleared.items()]
    rests = [(*where, amount - amount // 2, 10**6) for where, amount in cleared.items()]
    move(world, numbers, run, halves)
    move(world, numbers, run, rests)
    left = world.rows("SELECT open_amount, open_functional FROM ledger_item WHERE open_amount = 0")
    assert {row.open_functional for row in left} <= {0}
    assert [row for row in items(world) if row[2]] == []
    assert not world.broken()


def items(world: World) -> list[tuple[str, str, int]]:
    rows = world.rows(
        "SELECT a.code, i.natural_key, i.open_amount FROM ledger_item i JOIN ledger_account a"
        " ON a.company_id = i.company_id AND a.id = i.account_id"
    )
    return [tuple(row) for row in rows]


def move(
    world: World, numbers: Iterator[int], run: int, moves: list[tuple[str, str, int, int]]
) -> None:
    """Move items by amounts in euros; what is beyond them is worth `rate` millionths."""
    with world.kernel.db.write() as session:
        journal, ids = Journal(session, world.company.id, "GBP"), id_stream(session)
        for account in ("1210", "1220", "2150"):
            journal.know_items(account, {f"{run}/{key}" for _, key, _, _ in moves}, locked=True)
        for account, key, amount, rate in moves:
            entry = journal.entry(next(ids), f"move {next(numbers)}", "manual", DAY)
            carried, beyond = journal.carried(account, f"{run}/{key}", amount)
            value = carried + round_div(beyond * rate, 10**6)
            own = Original("EUR", amount)
            item = journal.owe(account, f"{run}/{key}", next(ids), value, None, original=own)
            entry.add(account, value, NOWHERE, item_id=item, original=own)
            entry.add("6000", -value, NOWHERE, original=Original("EUR", -amount))
        journal.post()
