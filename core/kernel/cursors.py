"""Cursors: how far each stream of a connection has been read.

A cursor is written in the transaction that writes what was read, and only from where the reading
began: of two workers that read the same stretch, one commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import json_text
from core.db import table_of
from core.errors import Conflict
from core.errors import InputError
from core.kernel.connections import ConnectionInfo
from core.kernel.models import Cursor
from core.rows import upsert_missing

MAX_VALUE = 4000


@dataclass(frozen=True, slots=True)
class CursorInfo:
    """Where a stream stands; a stream that was never read has version 0 and no value."""

    stream: str
    value: Any = None
    through_at: datetime | None = None
    """Up to which moment the platform's truth is known."""
    changed_at: datetime | None = None
    version: int = 0


def read_cursor(session: Session, connection: ConnectionInfo, stream: str) -> CursorInfo:
    """Return where a stream stands."""
    row = session.scalars(
        sa.select(Cursor)
        .where(*_of(connection), Cursor.stream == stream)
        .execution_options(populate_existing=True)
    ).one_or_none()
    return CursorInfo(stream) if row is None else _info(row)


def list_cursors(session: Session, connection: ConnectionInfo) -> list[CursorInfo]:
    """Return every stream of a connection that was ever read."""
    query = sa.select(Cursor).where(*_of(connection)).order_by(Cursor.stream)
    return [_info(row) for row in session.scalars(query)]


def advance_cursor(
    session: Session,
    connection: ConnectionInfo,
    read: CursorInfo,
    value: Any,
    *,
    through_at: datetime | None = None,
) -> CursorInfo:
    """Move a stream on from where it was read, together with what was read.

    Raises: Conflict when somebody else has moved it meanwhile: what was read is to be thrown away.
    """
    if not read.stream or value is None or len(json_text(value)) > MAX_VALUE:
        raise InputError(
            f"a cursor has a name and a value of at most {MAX_VALUE} characters.",
            where=read.stream,
        )
    now = clock.now()
    key = {"company_id": connection.company_id, "connection_id": connection.id}
    if read.version == 0:
        first = {"stream": read.stream, "value": "", "changed_at": now, "row_version": 0}
        upsert_missing(session, table_of(Cursor), [{**key, **first}])
    moved = session.scalars(
        sa.update(Cursor)
        .where(*_of(connection), Cursor.stream == read.stream, Cursor.row_version == read.version)
        .values(
            value=value,
            through_at=through_at,
            changed_at=now,
            row_version=read.version + 1,
        )
        .returning(Cursor.row_version)
        .execution_options(synchronize_session=False)
    ).all()
    if not moved:
        raise Conflict(
            f"Somebody else has read {read.stream} of {connection.label} meanwhile.",
            hint="Nothing was stored; the next run goes on from there.",
        )
    return CursorInfo(read.stream, value, through_at, now, read.version + 1)


def reset_cursor(session: Session, connection: ConnectionInfo, stream: str) -> bool:
    """Forget how far a stream was read: it is read from its start again; False if it never was."""
    result: Any = session.execute(
        sa.delete(Cursor).where(*_of(connection), Cursor.stream == stream)
    )
    return bool(result.rowcount)


def lag_seconds(cursors: Sequence[CursorInfo], *, now: datetime | None = None) -> float | None:
    """Return how old the truth of the slowest stream is; None where no stream tells a moment."""
    moments = [each.through_at for each in cursors if each.through_at is not None]
    return max(0.0, ((now or clock.now()) - min(moments)).total_seconds()) if moments else None


def _info(row: Cursor) -> CursorInfo:
    return CursorInfo(row.stream, row.value, row.through_at, row.changed_at, row.row_version)


def _of(connection: ConnectionInfo) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        Cursor.company_id == connection.company_id,
        Cursor.connection_id == connection.id,
    )
