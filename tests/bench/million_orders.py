"""The order list over a million orders: first page, each filter, every tab's count.

python -m tests.bench.million_orders postgresql://… [--orders 1000000] [--repeat 20]
python -m tests.bench.million_orders sqlite:////tmp/million.sqlite

The database is made by us and must be empty. Prints one JSON document with the server's time in
milliseconds, the median and the longest of the repetitions, and how the orders of a page are found.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.channels.models import Shop
from core.db import Database
from core.db import table_of
from core.db import utc_text
from core.ids import next_ids
from core.kernel.companies import create_company
from core.kernel.migrations import upgrade_core
from core.orders.models import Order
from core.orders.models import OrderException
from core.orders.queries import OrderFilter
from core.orders.queries import count_orders
from core.orders.queries import list_orders
from core.orders.queries import states_in_use
from core.paging import Cursor
from core.rows import bulk_insert
from core.testkit.factories import make_row

START = datetime(2026, 1, 1, tzinfo=UTC)
STATES = (("shipped", 900), ("completed", 50), ("cancelled", 25), ("allocated", 20), ("draft", 5))
COUNTRIES = (("GB", 500), ("DE", 300), ("FR", 150), ("US", 45), ("MT", 5))
BLOCK = 20_000
COLUMNS = (
    "company_id id shop_id platform account external_ref kind state exception ordered_at ordered_on"
    " currency country net_amount tax_amount line_count created_at row_version"
).split()
FILTERS = {
    "first page": OrderFilter(),
    "state, common": OrderFilter(state="shipped"),
    "state, rare": OrderFilter(state="draft"),
    "kind": OrderFilter(kind="credit_note"),
    "country, common": OrderFilter(country="GB"),
    "country, rare": OrderFilter(country="MT"),
    "attention": OrderFilter(attention=True),
    "number, one": OrderFilter(text="B-0012345"),
    "number, many": OrderFilter(text="A-0"),
    "state and country": OrderFilter(state="allocated", country="MT"),
    "state and kind": OrderFilter(state="completed", kind="credit_note"),
    "kind and country": OrderFilter(kind="charge", country="MT"),
    "state, kind and country": OrderFilter(state="cancelled", kind="credit_note", country="US"),
    "attention and country": OrderFilter(attention=True, country="MT"),
    "attention and state": OrderFilter(attention=True, state="draft"),
    "number and state": OrderFilter(text="A-00", state="draft"),
    "queue": OrderFilter(queue="short"),
    "queue and state": OrderFilter(queue="short", state="draft"),
}
TABS = (
    OrderFilter(),
    OrderFilter(kind="sale"),
    OrderFilter(kind="credit_note"),
    OrderFilter(kind="charge"),
    OrderFilter(attention=True),
)


def fill(session: Session, company_id: int, number: int, start: int = 0) -> None:
    """Insert orders by the driver's fastest way; every property is spread over all times."""
    named = {"platform": "made", "account": "up", "marketplace": "m"}
    shop_id = session.scalar(sa.select(Shop.id).filter_by(company_id=company_id, **named))
    if shop_id is None:
        shop_id = make_row(session, Shop, company_id=company_id, **named).id
    ids = next_ids(session, number)
    rows = [_order(company_id, shop_id, start + n, new_id) for n, new_id in enumerate(ids)]
    bulk_insert(session, table_of(Order), COLUMNS, rows)
    waiting = [row for row in rows if row[COLUMNS.index("exception")]]
    exceptions = [
        (company_id, new_id, row[1], "short", "{}", row[COLUMNS.index("ordered_at")])
        for new_id, row in zip(next_ids(session, len(waiting)), waiting, strict=True)
    ]
    columns = "company_id id order_id kind detail raised_at".split()
    bulk_insert(session, table_of(OrderException), columns, exceptions)


def _order(company_id: int, shop_id: int, n: int, new_id: int) -> tuple[object, ...]:
    at = START + timedelta(seconds=17 * n)
    # Multiplied by a prime, so that no property goes along with time or with another one.
    state = _spread(STATES, n * 7919 % 1000)
    kind = "credit_note" if n * 104_729 % 100 < 8 else "charge" if n % 500 == 0 else "sale"
    exception = "short" if n * 15_485_863 % 1000 < 3 else None
    return (
        (company_id, new_id, shop_id, "made", "up", f"{'AB'[n % 2]}-{n:07d}", kind, state)
        + (exception, utc_text(at), at.date().isoformat(), "GBP")
        + (_spread(COUNTRIES, n * 32_452_843 % 1000), 100 + n % 9000, 20, 2, utc_text(at), 1)
    )


def _spread(shares: tuple[tuple[str, int], ...], place: int) -> str:
    for value, share in shares:
        if place < share:
            return value
        place -= share
    return shares[-1][0]


def measure(database: Database, company_id: int, repeat: int) -> dict[str, dict[str, Any]]:
    """Time each list and its count, then the tabs, all as the page asks for them."""
    middle = Cursor((START + timedelta(days=90), 1))
    figures: dict[str, dict[str, Any]] = {}
    for name, narrow in FILTERS.items():
        listed = partial(_list, company_id, narrow, None)
        figures[name] = {**_timed(database, repeat, listed), "plan": _plan(database, listed)}
        figures[f"{name}, count"] = _timed(database, repeat, partial(_count, company_id, narrow))
    whole = partial(_list, company_id, OrderFilter(), middle)
    figures["a page in the middle"] = _timed(database, repeat, whole)
    figures["all tabs and states"] = _timed(database, repeat, partial(_tabs, company_id))
    return figures


def _list(company_id: int, narrow: OrderFilter, cursor: Cursor | None, session: Session) -> object:
    return list_orders(session, company_id, narrow, cursor)


def _count(company_id: int, narrow: OrderFilter, session: Session) -> object:
    return count_orders(session, company_id, narrow)


def _tabs(company_id: int, session: Session) -> object:
    counts = [count_orders(session, company_id, tab) for tab in TABS]
    return counts, states_in_use(session, company_id)


def _timed(database: Database, repeat: int, ask: Callable[[Session], object]) -> dict[str, float]:
    taken = []
    for _ in range(repeat):
        with database.read() as session:
            session.execute(sa.text("SELECT 1"))
            begun = time.perf_counter()
            ask(session)
            taken.append((time.perf_counter() - begun) * 1000)
    return {"median_ms": round(statistics.median(taken), 2), "longest_ms": round(max(taken), 2)}


def _plan(database: Database, ask: Callable[[Session], object]) -> list[str]:
    """Return how the database finds which orders are on the page."""
    statements: list[tuple[str, Any]] = []

    def keep(_connection: object, _cursor: object, text: str, values: Any, *_: object) -> None:
        if "ORDER BY orders_order.ordered_at" in text:
            statements.append((text, values))

    word = "EXPLAIN QUERY PLAN" if database.dialect == "sqlite" else "EXPLAIN"
    with database.read() as session:
        connection = session.connection()
        sa.event.listen(connection, "before_cursor_execute", keep)
        ask(session)
        sa.event.remove(connection, "before_cursor_execute", keep)
        ((text, values),) = statements
        return [str(row[-1]) for row in connection.exec_driver_sql(f"{word} {text}", values)]


def main() -> None:
    """Fill a database, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=20)
    given = parser.parse_args()
    database = Database(given.url)
    upgrade_core(database)
    begun = time.perf_counter()
    with database.write() as session:
        company = create_company(
            session, "Bench", country="GB", currency="GBP", timezone="Europe/London"
        )
    for start in range(0, given.orders, BLOCK):
        with database.write() as session:
            fill(session, company.id, min(BLOCK, given.orders - start), start)
    filled = time.perf_counter() - begun
    with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql(
            "VACUUM ANALYZE" if database.dialect == "postgresql" else "ANALYZE"
        )
    figures = measure(database, company.id, given.repeat)
    worst = max(each["longest_ms"] for each in figures.values())
    document = {"engine": database.dialect, "orders": given.orders, "filled_s": round(filled, 1)}
    print(json.dumps(document | {"worst_ms": worst, "figures": figures}, indent=2))


if __name__ == "__main__":
    main()
