"""Bulk rows: how PostgreSQL takes them, and how the planner's statistics keep up with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from core.driver import Held
from core.driver import end_pipeline
from core.driver import write_behind

_INSERTED = "rows inserted by table"
_STAGING = "staging tables present"
_FILLED = "staging tables filled"


FEW = 20
"""Up to so many rows one plain statement is faster than a copy, its table and its emptying."""


def insert_few(
    held: Held, table: sa.Table, names: str, rows: Sequence[Sequence[object]], *, missing: bool
) -> int:
    """Insert a few rows by one statement and return how many were."""
    more = " ON CONFLICT DO NOTHING" if missing else ""
    marks = f"({', '.join(['%s'] * len(rows[0]))})"
    values = ", ".join([marks] * len(rows))
    # As text each value takes the type of its column, as it does in a copy.
    cells = [None if cell is None else str(cell) for row in rows for cell in row]
    statement = f"INSERT INTO {table.name} ({names}) VALUES {values}{more}"  # noqa: S608
    if not missing:
        write_behind(held, statement, cells)
        return len(rows)
    end_pipeline(held.info)
    return int(held.driver.execute(statement, cells).rowcount)


def copy_rows(
    session: Session,
    cursor: Any,
    table: sa.Table,
    names: str,
    rows: Sequence[Sequence[object]],
    more: str,
) -> int:
    """Copy rows into a temporary table and insert them from there: COPY obeys no row security."""
    staging = _staging(session, cursor, table)
    with cursor.copy(f"COPY {staging} ({names}) FROM STDIN") as copy:
        write = copy.write_row
        for row in rows:
            write(row)
    cursor.execute(f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {staging}{more}")  # noqa: S608
    return int(cursor.rowcount)


def _staging(session: Session, cursor: Any, table: sa.Table) -> str:
    """Return an empty temporary table like another; it is emptied again by the commit."""
    name = f"copy_{table.name}"
    info = session.info
    if (present := info.get(_STAGING)) is None:
        cursor.execute("SELECT relname FROM pg_class WHERE relnamespace = pg_my_temp_schema()")
        present = info[_STAGING] = {row[0] for row in cursor.fetchall()}
        info[_FILLED] = set()
    if name not in present:
        cursor.execute(
            f"CREATE TEMP TABLE IF NOT EXISTS {name} ON COMMIT DELETE ROWS"  # noqa: S608
            f" AS SELECT * FROM {table.name} WITH NO DATA"
        )
        # Undoing a savepoint takes the table away again: there it is asked for each time.
        if not session.in_nested_transaction():
            present.add(name)
    if name in info[_FILLED]:
        cursor.execute(f"TRUNCATE {name}")
    info[_FILLED].add(name)
    return name


class Statistics:
    """When the planner should look again at the tables that this process fills.

    Every key begins with the company: a planner that has no statistics, or those of a small table,
    walks through all rows of the company for each one that it wants. SQLite never looks again by
    itself, PostgreSQL's autovacuum after a minute at the earliest, so that an import into an empty
    database would slow down with every batch. A table is analysed when this process has put 100
    rows into it, and whenever they are four times as many.
    """

    first, growth = 100, 4

    def __init__(self) -> None:
        self._rows: Counter[str] = Counter()
        self._next: dict[str, int] = {}

    def due(self, session: Session) -> list[str]:
        """Return the tables that have grown enough by what the session inserted."""
        inserted = session.info.pop(_INSERTED, Counter())
        self._rows += inserted
        names = [name for name in inserted if self._rows[name] >= self._next.get(name, self.first)]
        for name in names:
            self._next[name] = self._rows[name] * self.growth
        return sorted(names)


def count_inserted(session: Session, table: sa.Table, count: int) -> None:
    """Note how many rows a session put into a table."""
    session.info.setdefault(_INSERTED, Counter())[table.name] += count


def analyse(connection: Connection, tables: Sequence[str]) -> None:
    """Take the statistics of some tables."""
    for name in tables:
        connection.exec_driver_sql(f"ANALYZE {name}")
