"""The posting path and the guards below it: what is booked balances, and stays as it is."""

from __future__ import annotations

import itertools
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from core.errors import Conflict
from core.errors import InvariantBroken
from core.errors import NotFound
from core.ids import next_id
from core.ledger.export import export_beancount
from core.ledger.journal import Dimensions
from core.ledger.journal import Journal
from tests.world import World
from tests.world import copied

NOWHERE = Dimensions()
DAY = date(2011, 2, 1)
MISSING = r"(?i)foreign key|which there is not"
UNIQUE = r"(?i)unique constraint"


def post(world: World, key: str, *postings: tuple[str, int], day: date = DAY) -> None:
    with world.kernel.db.write() as session:
        journal = Journal(session, world.company.id, "GBP")
        entry = journal.entry(next_id(session), key, "manual", day)
        for account, amount in postings:
            entry.add(account, amount, NOWHERE)
        journal.post()


def count(world: World, table: str) -> int:
    return int(world.rows(f"SELECT COUNT(*) FROM {table}")[0][0])


def test_an_entry_that_does_not_balance_is_refused(world: World) -> None:
    with pytest.raises(InvariantBroken, match="by 1 minor"):
        post(world, "bad", ("1000", 101), ("3000", -100))
    assert count(world, "ledger_entry") == count(world, "ledger_balance") == 0


def test_an_unknown_account_is_refused(world: World) -> None:
    with pytest.raises(NotFound, match="1234567"):
        post(world, "bad", ("1234567", 100), ("3000", -100))
    assert count(world, "ledger_entry") == 0


def test_an_entry_is_posted_once(world: World) -> None:
    post(world, "once", ("1000", 100), ("3000", -100))
    with pytest.raises(
        (sqlite3.IntegrityError, psycopg.Error, sa.exc.IntegrityError), match=UNIQUE
    ):
        post(world, "once", ("1000", 100), ("3000", -100))
    assert count(world, "ledger_posting") == 2
    assert not world.broken()


def test_a_closed_month_takes_no_entry(world: World) -> None:
    world.close_month("2011-02")
    with pytest.raises(Conflict, match="2011-02 is closed"):
        post(world, "late", ("1000", 100), ("3000", -100))
    post(world, "next", ("1000", 100), ("3000", -100), day=date(2011, 3, 1))
    months = world.rows("SELECT month, state FROM ledger_period ORDER BY month")
    assert [(str(row[0]), row[1]) for row in months] == [
        ("2011-02-01", "closed"), ("2011-03-01", "open")
    ]  # fmt: skip


@pytest.mark.parametrize("table", ["ledger_entry", "ledger_posting", "ledger_profit", "stock_move"])
@pytest.mark.parametrize("act", ["UPDATE {} SET company_id = company_id", "DELETE FROM {}"])
def test_booked_rows_stay_as_they_are(world: World, table: str, act: str) -> None:
    world.stock("MUG 5 @ 2.00 on 2010-11-30")
    world.orders("1001 MUG 1 @ 5.00 on 2011-02-01")
    before = world.digest()
    with pytest.raises(sa.exc.DBAPIError, match=f"{table} is append-only"):
        world.change(act.format(table))
    assert world.digest() == before


def test_postgresql_refuses_an_unbalanced_entry_of_plain_sql(world: World) -> None:
    if world.kernel.db.dialect != "postgresql":
        pytest.skip("SQLite has no triggers on statements; `entrepot verify` finds such an entry")
    post(world, "model", ("1000", 100), ("3000", -100))
    copied = (
        "INSERT INTO ledger_posting SELECT company_id, booked_on, entry_id, seq + 10, account_id,"
        " amount + {}, currency, currency_amount, tag, shop_id, country, order_id, line_id,"
        " sku_id, warehouse_id, item_id, decision_id FROM ledger_posting"
    )
    with pytest.raises(sa.exc.DBAPIError, match="does not balance"):
        world.change(copied.format(1))
    assert count(world, "ledger_posting") == 2
    world.change(copied.format(0))
    assert count(world, "ledger_posting") == 4


@pytest.mark.parametrize(
    ("table", "column", "key"),
    [
        ("ledger_posting", "entry_id", "seq"),
        ("ledger_posting", "account_id", "seq"),
        ("ledger_profit", "entry_id", "id"),
    ],
)
def test_nothing_is_booked_in_an_entry_or_on_an_account_that_there_is_not(
    world: World, table: str, column: str, key: str
) -> None:
    post(world, "model", ("1000", 100), ("4000", -100))
    before, own = world.digest(), {key: f"{key} + 1000000"}
    with pytest.raises(sa.exc.IntegrityError, match=MISSING):
        world.change(copied(table, **own, **{column: f"{column} + 1000000"}))
    assert world.digest() == before
    rows = count(world, table)
    world.change(copied(table, **own))
    assert count(world, table) == 2 * rows


@pytest.mark.parametrize(
    ("table", "own", "wrong"),
    [
        ("ledger_item", {"natural_key": "natural_key || 'x'"}, "account_id"),
        ("orders_event", {}, "order_id"),
    ],
)
def test_nothing_refers_to_an_account_or_order_that_there_is_not(
    world: World, table: str, own: dict[str, str], wrong: str
) -> None:
    world.stock("MUG 5 @ 2.00 on 2010-11-30")
    world.orders("1001 MUG 1 @ 5.00 on 2011-02-01")
    own = {"id": "id + 1000000", **own}
    with pytest.raises(sa.exc.IntegrityError, match=MISSING):
        world.change(copied(table, **own, **{wrong: f"{wrong} + 1000000"}))
    assert world.broken() == []


@pytest.mark.parametrize("table", ["ledger_entry", "ledger_account", "orders_order", "orders_line"])
def test_what_others_refer_to_cannot_be_taken_away(world: World, table: str) -> None:
    world.stock("MUG 5 @ 2.00 on 2010-11-30")
    world.orders("1001 MUG 1 @ 5.00 on 2011-02-01")
    with pytest.raises(sa.exc.DBAPIError, match=r"(?i)foreign key|append-only"):
        world.change(f"DELETE FROM {table}")
    assert world.broken() == []


ENTRIES = st.lists(
    st.tuples(
        st.dates(date(2010, 11, 1), date(2011, 2, 28)),
        st.lists(
            st.tuples(
                st.sampled_from(["1000", "1210", "2300", "4000", "5000", "6000"]),
                st.integers(-(10**12), 10**12),
            ),
            max_size=6,
        ),
    ),
    min_size=1,
    max_size=8,
)


@pytest.fixture
def numbers() -> Iterator[int]:
    return itertools.count()


@given(batches=st.lists(ENTRIES, min_size=1, max_size=3))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_balances_and_profit_are_what_was_posted(
    world: World, numbers: Iterator[int], batches: list[list[tuple[date, list[tuple[str, int]]]]]
) -> None:
    before = balances(world)
    expected: Counter[tuple[str, str]] = Counter(before)
    for entries in batches:
        with world.kernel.db.write() as session:
            journal = Journal(session, world.company.id, "GBP")
            for day, postings in entries:
                entry = journal.entry(next_id(session), f"entry {next(numbers)}", "manual", day)
                rest = ("3000", -sum(amount for _, amount in postings))
                for account, amount in (*postings, rest):
                    entry.add(account, amount, NOWHERE)
                    expected[account, f"{day:%Y-%m}"] += amount
            journal.post()
    assert nonzero(balances(world)) == nonzero(expected)
    assert not world.broken()


def balances(world: World) -> Counter[tuple[str, str]]:
    rows = world.rows(
        "SELECT a.code, b.month, b.amount FROM ledger_balance b"
        " JOIN ledger_account a ON a.company_id = b.company_id AND a.id = b.account_id"
    )
    return Counter({(code, str(month)[:7]): amount for code, month, amount in rows})


def nonzero(sums: Counter[tuple[str, str]]) -> dict[tuple[str, str], int]:
    return {key: amount for key, amount in sums.items() if amount}


def test_an_open_item_is_what_its_document_still_owes(world: World) -> None:
    world.orders("1001 MUG 2 @ 5.00 on 2011-02-01 from ann")
    world.orders(
        "1001 MUG 2 @ 5.00 on 2011-02-01 from ann",
        "1001 CUP 1 @ 1.00 on 2011-02-01 from ann",
        "1002 CUP 1 @ 1.00 on 2011-02-01 from bob",
    )
    items = world.rows(
        "SELECT natural_key, open_amount, open_functional, row_version FROM ledger_item"
        " ORDER BY natural_key"
    )
    assert [tuple(row) for row in items] == [
        ("file/Till/1001", 1320, 1320, 2),
        ("file/Till/1002", 120, 120, 1),
    ]
    assert not world.broken()


def test_beancount_agrees_with_the_journal(world: World, tmp_path: Path) -> None:
    world.stock("MUG 3 @ 3.333333 on 2010-11-30")
    world.orders(
        "1001 MUG 2 @ 5.00 on 2011-01-01 from ann",
        '1002 MUG 4 @ 4.99 on 2011-02-01 from bob called A "quoted" \\ title',
        "C1003 MUG -1 @ 5.00 on 2011-03-01 from ann",
        "C1004 FEE -1 @ 13.00 on 2011-03-02",
    )
    world.stock("MUG 5 @ 4.10 on 2011-03-05")
    path = tmp_path / "journal.beancount"
    with world.kernel.db.read() as session, path.open("w", encoding="utf-8") as stream:
        entries = export_beancount(session, world.company.id, stream)
    assert entries == count(world, "ledger_entry")
    checked = bean_check(path)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")

    # One pound more on both sides of one entry balances still, but not with the balances.
    text = path.read_text(encoding="utf-8")
    spoilt = re.sub(r"  (-?)10\.00 GBP", r"  \g<1>11.00 GBP", text, count=2)
    assert spoilt != text
    path.write_text(spoilt, encoding="utf-8")
    assert "Balance failed" in bean_check(path).stderr


def bean_check(path: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("bean-check")
    return subprocess.run(
        [program, "--no-cache", path], capture_output=True, text=True, check=False
    )
