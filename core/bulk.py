"""Bulk rows: how PostgreSQL takes them, and how the planner's statistics keep up with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from core.driver import Held
from core.driver import end_pipeline
from core.driver import write_behind

_INSERTED = "rows inserted by table"
_FOUND = "staging tables present, and tables with row security"
_FILLED = "staging tables filled"


FEW = 20
"""Up to so many rows one plain statement is faster than a copy, its table and its emptying."""


def insert_few(
    held: Held,
    table: sa.Table,
    names: str,
    rows: Sequence[Sequence[object]],
    more: str,
    *,
    counted: bool,
) -> int:
    """Insert a few rows by one statement; with `counted` it returns how many were.

    One, for there are triggers that look at all rows of a statement: an entry has to balance.
    """
    marks = f"({', '.join(['%s'] * len(rows[0]))})"
    values = ", ".join([marks] * len(rows))
    # As text each value takes the type of its column, as it does in a copy.
    cells = [None if cell is None else str(cell) for row in rows for cell in row]
    statement = f"INSERT INTO {table.name} ({names}) VALUES {values}{more}"  # noqa: S608
    if not counted:
        write_behind(held, statement, cells)
        return len(rows)
    end_pipeline(held.info)
    return int(held.driver.execute(statement, cells).rowcount)


def array_cells(column: Sequence[object]) -> object:
    """Return the values of a column as an array for PostgreSQL: numbers as its text, soon made."""
    if set(map(type, column)) == {int}:
        return f"{{{','.join(map(str, column))}}}"
    return list(column)


def update_statement(
    table: sa.Table,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    assign: str,
    guard: str,
) -> tuple[str, Any]:
    """Return the statement by which PostgreSQL updates rows by their keys, with its values."""
    form = (table, tuple(columns), assign, guard)
    if len(rows) == 1:
        return _update_of_one(*form), dict(zip(columns, rows[0], strict=True))
    return _update_of_many(*form), [array_cells(column) for column in zip(*rows, strict=True)]


@lru_cache(maxsize=512)
def _update_of_one(table: sa.Table, columns: tuple[str, ...], assign: str, guard: str) -> str:
    marks = {name: f"%({name})s::{_type_of(table, name)}" for name in columns}
    statement = f"UPDATE {table.name} SET {assign} WHERE {_KEYS} {guard}"  # noqa: S608
    return statement.format(**marks)


@lru_cache(maxsize=512)
def _update_of_many(table: sa.Table, columns: tuple[str, ...], assign: str, guard: str) -> str:
    marks = {name: f"new.n_{name}" for name in columns}
    names = ", ".join(f"n_{name}" for name in columns)
    arrays = ", ".join(f"%s::{_type_of(table, name)}[]" for name in columns)
    statement = (
        f"UPDATE {table.name} SET {assign} FROM unnest({arrays}) AS new({names})"  # noqa: S608
        f" WHERE {_KEYS} {guard}"
    )
    return statement.format(**marks)


_KEYS = "company_id = {company_id} AND id = {id}"


def _type_of(table: sa.Table, name: str) -> str:
    column = table.c.get(name)
    return "bigint" if column is None else column.type.compile(postgresql.dialect())  # type: ignore[no-untyped-call]


def insert_many(
    held: Held,
    table: sa.Table,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    more: str,
    *,
    counted: bool,
) -> int:
    """Insert many rows by one statement, where a copy could not tell what to do with taken keys."""
    names = ", ".join(columns)
    arrays = ", ".join(f"%s::{_type_of(table, name)}[]" for name in columns)
    statement = f"INSERT INTO {table.name} ({names}) SELECT * FROM unnest({arrays}){more}"  # noqa: S608
    cells = [array_cells(column) for column in zip(*rows, strict=True)]
    if not counted:
        write_behind(held, statement, cells)
        return len(rows)
    end_pipeline(held.info)
    return int(held.driver.execute(statement, cells).rowcount)


def copy_rows(
    session: Session,
    held: Held,
    table: sa.Table,
    names: str,
    rows: Sequence[Sequence[object]],
    *,
    lasting: bool,
) -> None:
    """Copy rows into a table; COPY obeys no row security: where there is some, by another one.

    `lasting` says that no savepoint may take that other one away again.
    """
    with held.driver.cursor() as cursor:
        present, secured = _found(session, cursor)
        if table.name not in secured:
            _copy(cursor, table.name, names, rows)
            return
        staging = _staging(session, cursor, table, present, lasting=lasting)
        _copy(cursor, staging, names, rows)
        cursor.execute(f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {staging}")  # noqa: S608


def _copy(cursor: Any, name: str, names: str, rows: Sequence[Sequence[object]]) -> None:
    with cursor.copy(f"COPY {name} ({names}) FROM STDIN") as copy:
        write = copy.write_row
        for row in rows:
            write(row)


def _found(session: Session, cursor: Any) -> tuple[set[str], set[str]]:
    """Return the temporary tables that there are, and the tables that row security guards."""
    info = session.info
    if (found := info.get(_FOUND)) is None:
        cursor.execute(
            "SELECT relname, relrowsecurity FROM pg_class"
            " WHERE relnamespace = pg_my_temp_schema() OR relrowsecurity"
        )
        rows = cursor.fetchall()
        found = info[_FOUND] = (
            {name for name, secured in rows if not secured},
            {name for name, secured in rows if secured},
        )
        info[_FILLED] = set()
    tables: tuple[set[str], set[str]] = found
    return tables


def _staging(
    session: Session, cursor: Any, table: sa.Table, present: set[str], *, lasting: bool
) -> str:
    """Return an empty temporary table like another; it is emptied again by the commit."""
    name, info = f"copy_{table.name}", session.info
    if name not in present:
        cursor.execute(
            f"CREATE TEMP TABLE IF NOT EXISTS {name} ON COMMIT DELETE ROWS"  # noqa: S608
            f" AS SELECT * FROM {table.name} WITH NO DATA"
        )
        # Undoing a savepoint takes the table away again: there it is asked for each time.
        if lasting:
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
    """Take the statistics of some tables, on PostgreSQL from a third of the usual sample.

    They are taken again when the tables have grown, and from a whole sample by its autovacuum.
    """
    on_postgresql = connection.dialect.name == "postgresql"
    if on_postgresql:
        connection.exec_driver_sql("SET default_statistics_target = 30")
    try:
        for name in tables:
            connection.exec_driver_sql(f"ANALYZE {name}")
    finally:
        if on_postgresql:
            connection.exec_driver_sql("RESET default_statistics_target")
