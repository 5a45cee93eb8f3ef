"""Many generated transactions, in slices: nothing out of balance, every balance can be rebuilt.

    python -m tests.ledger.generated URL FOLDER [--number 1000000] [--seconds S]

Each batch is a transaction of its own, made from a seed and its place: sales that raise an open
item, settlements that clear items of earlier batches in parts, fees with and without an order,
foreign bills and their payment at another rate, facts of a month that has closed. What is done
stands in the database alone, so a run that was ended, at the limit or by force, is gone on with by
the same command. Once all are there, every figure is rebuilt from the postings and compared.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from datetime import date
from datetime import timedelta
from itertools import count
from pathlib import Path
from random import Random

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.bootstrap import initialise
from core.config import load_config
from core.ids import next_ids
from core.invariants import verify
from core.kernel.companies import find_company
from core.kernel.kernel import Kernel
from core.ledger.journal import Dimensions
from core.ledger.journal import EntryDraft
from core.ledger.journal import Journal
from core.ledger.journal import Original
from core.ledger.periods import open_day
from core.ledger.waterfall import PROFIT_LINES
from tests.bench.instances import WISH

FULL = 1_000_000
BATCH = 2_000
FIRST = date(2010, 1, 1)
CLOSED = frozenset({date(2010, 2, 1), date(2010, 3, 1)})
COUNTRIES = ("GB", "DE", "US", "FR")
COSTS = ("6000", "6020", "6030", "6070", "7000", "7010", "8000", "8120", "9020", "5000")


class Generator:
    """Makes the entries of one batch; `owed` are open items: key, id, amount and order."""

    def __init__(self, seed: int, place: int, owed: list[tuple[str, int, int, int]]) -> None:
        self.random = Random(f"{seed}/{place}")
        self.place = place
        self.numbers = count(1)
        self.owed = owed

    def fill(self, journal: Journal, ids: Iterator[int], number: int) -> None:
        """Add entries to a batch; the items that they clear must be known to the journal."""
        ways = (self.sell, self.sell, self.settle, self.spend, self.spend, self.pay_abroad)
        for _ in range(number):
            self.random.choice(ways)(journal, ids)

    def entry(self, journal: Journal, ids: Iterator[int], kind: str) -> EntryDraft:
        """Begin an entry on a day of two years; what belongs to a closed month comes late."""
        day = FIRST + timedelta(days=self.random.randrange(700))
        key = f"{kind}:{self.place}.{next(self.numbers)}"
        return journal.entry(next(ids), key, kind, open_day(day, CLOSED), happened_on=day)

    def sell(self, journal: Journal, ids: Iterator[int]) -> None:
        """Raise an open item."""
        order = self.random.randrange(1, 50_000)
        entry, where = self.entry(journal, ids, "sale"), _where(order)
        gross = self.random.randrange(100, 100_000)
        net, cost = gross * 5 // 6, gross // 3
        key = f"shop/{entry.natural_key}"
        item = journal.owe("1210", key, next(ids), gross, order)
        entry.add("1210", gross, where, item_id=item)
        entry.add("4000", -net, where)
        entry.add("2300", net - gross, where)
        entry.add("5000", cost, where)
        entry.add("1300", -cost, where)
        self.owed.append((key, item, gross, order))

    def settle(self, journal: Journal, ids: Iterator[int]) -> None:
        """Clear an open item, whole or in part."""
        if not self.owed:
            return self.sell(journal, ids)
        key, item, open_amount, order = self.owed.pop(self.random.randrange(len(self.owed)))
        entry, where = self.entry(journal, ids, "settlement"), _where(order)
        part = open_amount if open_amount < 100 else self.random.randrange(1, open_amount + 1)
        fee = part // 7
        journal.owe("1210", key, item, -part, order)
        entry.add("1210", -part, where, item_id=item)
        entry.add("6000", fee, where, tag="trueup")
        entry.add("1000", part - fee, where)
        if part < open_amount:
            self.owed.append((key, item, open_amount - part, order))
        return None

    def spend(self, journal: Journal, ids: Iterator[int]) -> None:
        """Book a cost, of a shop or of none."""
        entry = self.entry(journal, ids, "manual")
        amount = self.random.randrange(-5_000, 50_000) or 1
        where = Dimensions(self.random.randrange(1, 6)) if amount % 3 else Dimensions()
        entry.add(self.random.choice(COSTS), amount, where)
        entry.add("1000", -amount, Dimensions())

    def pay_abroad(self, journal: Journal, ids: Iterator[int]) -> None:
        """Pay a foreign bill at another rate than it was booked at."""
        entry = self.entry(journal, ids, "manual")
        euros = self.random.randrange(1, 100_000)
        then, now = euros * 85 // 100, euros * 87 // 100
        entry.add("2100", then, Dimensions(), tag="conversion", original=Original("EUR", euros))
        entry.add("1000", -now, Dimensions(), tag="conversion")
        entry.add("9000", now - then, Dimensions(), tag="conversion")


def _where(order: int) -> Dimensions:
    return Dimensions(order % 5 + 1, COUNTRIES[order % 4], order, order * 10, order % 300 + 1)


def booked(kernel: Kernel) -> int:
    """Return how many entries there are."""
    with kernel.db.read() as session:
        return int(session.scalar(sa.text("SELECT COUNT(*) FROM ledger_entry")) or 0)


def book(kernel: Kernel, company_id: int, number: int, *, until: float = 0, seed: int = 7) -> int:
    """Book batches until so many entries are there, or time is up; return how many there are."""
    done = booked(kernel)
    while done < number and (not until or time.monotonic() < until):
        size = min(BATCH, number - done)
        with kernel.db.write() as session:
            journal = Journal(session, company_id, "GBP")
            made = Generator(seed, done // BATCH, _owed(session))
            # The items of earlier batches are read by one query, not one by one.
            journal.know_items("1210", [key for key, *_ in made.owed])
            made.fill(journal, iter(next_ids(session, size * 3)), size)
            journal.post()
        done += size
    return done


def _owed(session: Session) -> list[tuple[str, int, int, int]]:
    query = (
        "SELECT natural_key, id, open_amount, order_id FROM ledger_item WHERE open_amount > 0"
        f" ORDER BY id DESC LIMIT {BATCH}"
    )
    return [(row[0], row[1], row[2], row[3]) for row in session.execute(sa.text(query))]


REBUILT = {
    "an account's month": (
        "SELECT account_id, {month} AS month, SUM(amount) AS amount FROM ledger_posting"
        " GROUP BY account_id, {month}",
        "SELECT account_id, month, SUM(amount) FROM ledger_balance WHERE amount <> 0"
        " GROUP BY account_id, month",
    ),
    "an open item": (
        "SELECT item_id, currency, SUM(amount), SUM(currency_amount) FROM ledger_posting"
        " WHERE item_id IS NOT NULL GROUP BY item_id, currency",
        "SELECT id, currency, open_functional, open_amount FROM ledger_item",
    ),
    "an order's profit by SKU, shop, country and month": (
        "SELECT order_id, sku_id, shop_id, country, {month} AS month, -SUM(amount)"
        " FROM ledger_posting p JOIN ledger_account a ON a.company_id = p.company_id"
        " AND a.id = p.account_id WHERE a.profit_line IS NOT NULL"
        " GROUP BY order_id, sku_id, shop_id, country, {month}",
        "SELECT order_id, sku_id, shop_id, country, {month} AS month, SUM({profit})"
        " FROM ledger_profit GROUP BY order_id, sku_id, shop_id, country, {month}",
    ),
}


def rebuilt(kernel: Kernel, what: str) -> tuple[int, int]:
    """Return how many figures were rebuilt from the postings, and how many differ."""
    month = {
        "sqlite": "substr(booked_on, 1, 7) || '-01'",
        "postgresql": "CAST(date_trunc('month', booked_on) AS date)",
    }[kernel.db.dialect]
    profit = " + ".join(PROFIT_LINES)
    postings, kept = (query.format(month=month, profit=profit) for query in REBUILT[what])
    with kernel.db.read() as session:
        number = session.scalar(sa.text(f"SELECT COUNT(*) FROM ({postings}) f"))
        both = f"SELECT * FROM ({postings}) a EXCEPT SELECT * FROM ({kept}) b"
        back = f"SELECT * FROM ({kept}) b EXCEPT SELECT * FROM ({postings}) a"
        wrong = [
            row
            for query in (both, back)
            for row in session.execute(sa.text(query))
            # A figure that came to nothing may be kept or not.
            if any(row[-1:])
        ]
    return int(number or 0), len(wrong)


def check(kernel: Kernel, number: int) -> None:
    """Prove that all entries balance, and that every figure is what the postings add up to."""
    with kernel.db.read() as session:
        found = session.execute(
            sa.text(
                "SELECT COUNT(*), SUM(CASE WHEN amount <> 0 THEN 1 ELSE 0 END) FROM"
                " (SELECT entry_id, SUM(amount) AS amount FROM ledger_posting GROUP BY entry_id) e"
            )
        ).one()
    assert tuple(found) == (number, 0)
    print(f"{kernel.db.dialect}: {number} entries, {found[1]} out of balance", flush=True)
    for what in REBUILT:
        figures, differing = rebuilt(kernel, what)
        print(f"{kernel.db.dialect}: {figures} times {what}, {differing} differ", flush=True)
        assert figures
        assert differing == 0, what
    with kernel.db.read() as session:
        broken = [verdict.sentence for verdict in verify(session) if not verdict.holds]
    # The goods of these sales lie in no warehouse: only their account knows of them.
    assert set(broken) <= {"The inventory accounts hold the layers less the provisional shorts."}


def main(arguments: list[str] | None = None) -> int:
    """Go on with a run, and prove it once all entries are there."""
    parser = argparse.ArgumentParser(prog="python -m tests.ledger.generated")
    parser.add_argument("url", help="the database; an empty one is set up first")
    parser.add_argument("folder", type=Path, help="the instance's folder")
    parser.add_argument("--number", type=int, default=FULL)
    parser.add_argument("--seconds", type=float, default=0, help="end this slice by then")
    told = parser.parse_args(arguments)
    told.folder.mkdir(parents=True, exist_ok=True)
    config = load_config({"ENTREPOT_INSTANCE": str(told.folder), "ENTREPOT_DATABASE_URL": told.url})
    initialise(config, WISH)
    kernel = Kernel.boot(config)
    try:
        with kernel.db.read() as session:
            company_id = find_company(session).id
        began, before = time.monotonic(), booked(kernel)
        done = book(kernel, company_id, told.number, until=told.seconds and began + told.seconds)
        spent = time.monotonic() - began
        print(f"{done} of {told.number} entries, {done - before} in {spent:.0f} s", flush=True)
        if done < told.number:
            return 1
        check(kernel, told.number)
    finally:
        kernel.db.dispose()
    return 0


if __name__ == "__main__":
    sys.exit(main())
