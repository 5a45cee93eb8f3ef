"""The raw rate: the rows that an import wrote, inserted again by the driver and nothing else.

They go into a second database of the same engine with the same schema (indexes, foreign keys,
checks and triggers), in the same transactions as the import made, in the same order, by the
driver's fastest way: `executemany` of sqlite3, COPY straight into the table of psycopg. Only that
is timed; the rows are read, a transaction at a time, while the clock stands still.

Timed are the tables in `TIMED`. Rows that were there before the import, and the few thousand rows
of what it refers to (SKUs, listings, tax decisions, stock levels, the import itself), are put there
beforehand. Not written at all: the monthly balances, the sums of profit, and the updates of orders,
levels, layers, items and returned quantities, so that the raw rate is rather too high than too low.
PostgreSQL gets fresh statistics now and then, as the import gives it, while the clock stands still.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import ExitStack
from contextlib import closing
from datetime import date
from functools import cached_property
from typing import Any

import psycopg
import sqlalchemy as sa

from core.db import Base
from core.db import Database
from core.kernel.migrations import upgrade_core

TIMED = {
    "channels_raw_row": "id",
    "partners_customer": "id",
    "orders_order": "id",
    "orders_line": "id",
    "orders_event": "id",
    "orders_exception": "id",
    "privacy_record": "id",
    "orders_tax": "id",
    "tax_number": "id",
    "rules_tag": "id",
    "rules_choice": "id",
    "stock_document": "id",
    "stock_layer": "id",
    "stock_layer_use": "id",
    "stock_short": "id",
    "stock_reservation": "id",
    "stock_move": "id",
    "ledger_entry": "id",
    "ledger_item": "id",
    "ledger_posting": "entry_id",
    "ledger_profit": "id",
    "fees_estimate": "id",
    "fees_finality": "id",
    "settlements_row": "id",
    "settlements_booking": "id",
}
LEFT_OUT = (
    "kernel_",
    "web_",
    "ledger_balance",
    "ledger_profit_fresh",
    "ledger_profit_sum",
    "orders_tally",
)
KEPT = ("kernel_company", "kernel_connection")

Row = tuple[Any, ...]


def raw_rate(
    source_url: str,
    target_url: str,
    mark: int,
    done: Sequence[int],
    marks: Sequence[int] = (),
) -> dict[str, Any]:
    """Insert what has an id from `mark` on; `done` is how many lines each transaction brought.

    `marks` are the ids with which the transactions began, where raw rows do not tell it.
    """
    target = Database(target_url)
    upgrade_core(target)
    target.dispose()
    with ExitStack() as stack:
        source, target_driver = (
            stack.enter_context(closing(_connect(url))) for url in (source_url, target_url)
        )
        source.copy_references(target_driver, mark)
        bounds = [mark, *marks, 2**62] if marks else source.bounds(mark, done)
        seconds = cpu = 0.0
        rows = 0
        for number, (low, high) in enumerate(zip(bounds, bounds[1:], strict=False)):
            if number & (number - 1) == 0:
                target_driver.analyse()
            batch = [(name, source.rows(name, low, high)) for name in TIMED]
            began, began_cpu = time.perf_counter(), time.process_time()
            target_driver.insert(batch)
            seconds += time.perf_counter() - began
            cpu += time.process_time() - began_cpu
            rows += sum(len(part) for _, part in batch)
        if rows != source.count(mark):
            raise RuntimeError(f"{rows} rows were copied, not the {source.count(mark)} there are")
    return {
        "rows": rows,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "rows_per_second": round(rows / seconds),
        "lines_per_second": round(done[-1] / seconds),
    }


class _Driver:
    """A connection of the driver itself; `%` in a statement stands for its parameter mark."""

    mark = "?"

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def close(self) -> None:
        self.connection.close()

    @cached_property
    def mine(self) -> str:
        """Return the condition that picks the only company: keys begin with it."""
        return f"company_id = {self.query('SELECT id FROM kernel_company')[0][0]}"

    def query(self, statement: str, *parameters: object) -> list[Row]:
        cursor = self.connection.execute(statement.replace("%", self.mark), parameters)
        return list(cursor.fetchall())

    def bounds(self, mark: int, done: Sequence[int]) -> list[int]:
        """Return the first id of each transaction: it begins with its raw rows."""
        query = "SELECT id FROM channels_raw_row WHERE id >= % ORDER BY id"
        ids = [row[0] for row in self.query(query, mark)]
        return [mark, *(ids[count] for count in done if count < len(ids)), 2**62]

    def count(self, mark: int) -> int:
        """Return how many rows the import wrote."""
        query = "SELECT count(*) FROM {} WHERE {} >= %"
        return sum(self.query(query.format(*item), mark)[0][0] for item in TIMED.items())

    def rows(self, name: str, low: int, high: int) -> list[Row]:
        """Return the rows of one transaction in the order of their ids, ready for the driver."""
        key = TIMED[name]
        names = ", ".join(_columns(name))
        near, parameters = self._days(name, low, high)
        rows = self.query(
            f"SELECT {names} FROM {name} WHERE {near} {key} >= % AND {key} < % ORDER BY {key}",
            *parameters,
            low,
            high,
        )
        return [tuple(map(_plain, row)) for row in rows] if self.mark != "?" else rows

    def _days(self, name: str, low: int, high: int) -> tuple[str, Row]:
        """Return a condition that spares a scan where a table's key begins with the day."""
        if name not in ("ledger_posting", "stock_move"):
            return f"{self.mine} AND", ()
        query = (
            "SELECT min(booked_on), max(booked_on) FROM stock_document"
            f" WHERE {self.mine} AND id >= % AND id < %"
        )
        charges = query.replace("stock_document", "ledger_entry")
        days = [d for q in (query, charges) for d in self.query(q, low, high)[0] if d is not None]
        if not days:
            return "false AND", ()
        return f"{self.mine} AND booked_on BETWEEN % AND % AND", (min(days), max(days))

    def copy_references(self, target: _Driver, mark: int) -> None:
        """Copy what the rows refer to, and what was there before them."""
        with target.transaction():
            for table in Base.metadata.sorted_tables:
                name = table.name
                if name.startswith(LEFT_OUT) and name not in KEPT:
                    continue
                if name in TIMED:
                    rows = self._before(name, mark)
                else:
                    rows = self.query(f"SELECT {', '.join(_columns(name))} FROM {name}")
                target.copy(name, rows)

    def _before(self, name: str, mark: int) -> list[Row]:
        return self.query(
            f"SELECT {', '.join(_columns(name))} FROM {name} WHERE {TIMED[name]} < %", mark
        )

    def insert(self, batch: Sequence[tuple[str, Sequence[Row]]]) -> None:
        """Insert the rows of one transaction, and commit."""
        with self.transaction():
            for name, rows in batch:
                if rows:
                    self.copy(name, rows)

    def transaction(self) -> Any:
        raise NotImplementedError

    def copy(self, name: str, rows: Sequence[Row]) -> None:
        raise NotImplementedError

    def analyse(self) -> None:
        """Let the planner know how large the tables are, where it wants to know."""


class _Sqlite(_Driver):
    def transaction(self) -> Any:
        self.connection.execute("BEGIN IMMEDIATE")
        return self.connection

    def copy(self, name: str, rows: Sequence[Row]) -> None:
        columns = _columns(name)
        marks = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})"
        self.connection.executemany(statement, rows)


class _Postgres(_Driver):
    mark = "%s"

    def transaction(self) -> Any:
        return self.connection.transaction()

    def copy(self, name: str, rows: Sequence[Row]) -> None:
        statement = f"COPY {name} ({', '.join(_columns(name))}) FROM STDIN"
        with self.connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)

    def analyse(self) -> None:
        self.connection.execute(f"ANALYZE {', '.join(TIMED)}")


def _connect(url: str) -> _Driver:
    if not url.startswith("sqlite"):
        return _Postgres(psycopg.connect(url, autocommit=True))
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    for pragma in _pragmas(url):
        connection.execute(f"PRAGMA {pragma}")
    return _Sqlite(connection)


def _pragmas(url: str) -> Iterator[str]:
    """Yield the settings that our own connections have."""
    database = Database(url)
    with database.engine.connect() as connection:
        for name in ("journal_mode", "synchronous", "foreign_keys", "cache_size"):
            value = connection.execute(sa.text(f"PRAGMA {name}")).scalar_one()
            yield f"{name}={value}"
    database.dispose()


def _columns(name: str) -> list[str]:
    # Quoted: `window` is a word of SQL.
    return [f'"{column.name}"' for column in Base.metadata.tables[name].columns]


def _plain(value: Any) -> Any:
    """Return days and moments as the import writes them, as text."""
    return value.isoformat() if isinstance(value, date) else value
