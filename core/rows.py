"""Many rows at once: inserted, changed, or put where they are missing, on either engine."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from core.bulk import FEW
from core.bulk import copy_rows
from core.bulk import count_inserted
from core.bulk import insert_few
from core.bulk import insert_many
from core.bulk import update_statement
from core.changed import note_change
from core.driver import Held
from core.driver import copy_behind
from core.driver import driver_of
from core.driver import held_by
from core.driver import write_behind
from core.driver import write_in_turn


def bulk_insert(
    session: Session,
    table: sa.Table,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    missing: bool = False,
    counted: bool = False,
) -> int:
    """Insert many rows by the driver's fastest way; with `counted` it returns how many were.

    PostgreSQL is not waited for, unless they are to be counted.

    Values are int, str or None: days and moments as ISO text (see `utc_text`), flags as 0 or 1.
    With `missing` rows whose natural key is taken are left as another writer made them.
    """
    if not rows:
        return 0
    held = held_by(session)
    note_change(held.info, table.name)
    count_inserted(session, table, len(rows))
    names = ", ".join(columns)
    more = " ON CONFLICT DO NOTHING" if missing else ""
    if held.connection.dialect.name == "sqlite":
        return _insert_on_sqlite(held, table, columns, rows, more)
    if len(rows) <= FEW:
        return insert_few(held, table, names, rows, more, counted=counted)
    if missing:
        return insert_many(held, table, columns, rows, more, counted=counted)
    # The caller may fill its list anew while these are still being copied.
    kept, lasting = list(rows), not session.in_nested_transaction()
    copy_behind(held, lambda: copy_rows(session, held, table, names, kept, lasting=lasting))
    if counted:
        driver_of(session)
    return len(rows)


def bulk_upsert(
    session: Session,
    table: sa.Table,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    key: Sequence[str],
    assign: str,
) -> None:
    """Insert many rows, and change those whose key is taken; PostgreSQL is not waited for.

    `assign` is SQL in which `{old}` stands for the row that is there and `excluded` for the new
    one. Give the rows in the order of their keys, so that two writers never wait in a circle.
    """
    if not rows:
        return
    held = held_by(session)
    note_change(held.info, table.name)
    change = assign.format(old=table.name)
    more = f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {change}"
    if held.connection.dialect.name == "sqlite":
        _insert_on_sqlite(held, table, columns, rows, more)
    else:
        insert_many(held, table, columns, rows, more, counted=False)


def _insert_on_sqlite(
    held: Held,
    table: sa.Table,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    more: str,
) -> int:
    marks = ", ".join("?" * len(columns))
    names = ", ".join(columns)
    statement = f"INSERT INTO {table.name} ({names}) VALUES ({marks}){more}"  # noqa: S608
    return int(held.driver.executemany(statement, rows).rowcount)


def bulk_update(
    session: Session,
    table: sa.Table,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    assign: str,
    guard: str = "",
    counted: bool = False,
    refused: Callable[[int], Exception] | None = None,
) -> int:
    """Update many rows; `columns` starts with company_id and id.

    With `counted` it returns how many were; else PostgreSQL is not waited for. Where the guard
    must refuse none, `refused` makes the error that is raised of how many it did.

    `assign` and `guard` are SQL in which `{column}` stands for the row's new value, which is given
    as for `bulk_insert`; a name that is no column of the table stands for an integer.
    """
    if not rows:
        return 0
    held = held_by(session)
    note_change(held.info, table.name)
    if held.connection.dialect.name == "sqlite":
        marks = {name: f"?{place}" for place, name in enumerate(columns, 1)}
        keys = "company_id = ?1 AND id = ?2"
        statement = f"UPDATE {table.name} SET {assign} WHERE {keys} {guard}"  # noqa: S608
        done = int(held.driver.executemany(statement.format(**marks), rows).rowcount)
        _require_all(len(rows) - done, refused)
        return done
    text, cells = update_statement(table, columns, rows, assign, guard)
    if refused is not None:
        write_in_turn(held, text, cells, lambda done: _require_all(len(rows) - done, refused))
        return len(rows)
    if not counted:
        write_behind(held, text, cells)
        return len(rows)
    return int(driver_of(session).execute(text, cells).rowcount)


def _require_all(missing: int, refused: Callable[[int], Exception] | None) -> None:
    if missing and refused is not None:
        raise refused(missing)


def upsert_missing(session: Session, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows whose natural key is free; the others are left as another writer made them."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(insert(table).on_conflict_do_nothing(), list(rows))
