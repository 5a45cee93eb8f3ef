"""Rates that all processes keep together: one bucket for each operation of a connection.

The generic cell rate algorithm in one conditional UPDATE: it takes the next free turn, or none if
that is too far off. PostgreSQL's clock decides there, since machines disagree; a file of SQLite is
on one machine.
"""

from __future__ import annotations

import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import table_of
from core.errors import RateLimited
from core.http.calls import MICROSECONDS
from core.http.calls import Operation
from core.http.calls import Rate
from core.http.models import Bucket
from core.kernel.connections import ConnectionInfo
from core.kernel.database import KernelDatabase
from core.rows import upsert_missing

DECLARED = "declared"
LEARNT = "learnt"
UNLIMITED = Rate(MICROSECONDS)


def take_turn(
    db: KernelDatabase, connection: ConnectionInfo, operation: Operation, *, patience: float
) -> float:
    """Take the next turn of an operation and return in how many seconds it is.

    Raises: RateLimited when it is further off than `patience`; then no turn was taken.
    """
    if operation.rate is None and not _held_back(db, connection, operation.turns):
        return 0.0
    with db.write() as session:
        _settle(session, connection, operation.turns, operation.rate)
        row = _take(session, connection, operation.turns, patience)
        if row is None:
            raise _too_early(session, connection, operation.turns)
    free_at, interval, burst, now = row
    return max(0.0, (free_at - burst * interval - now) / MICROSECONDS)


def hold_back(
    db: KernelDatabase, connection: ConnectionInfo, operation: Operation, seconds: float
) -> None:
    """Let nobody ask an operation for some seconds, because the platform said so."""
    with db.write() as session:
        _settle(session, connection, operation.turns, operation.rate)
        until = (
            _now(session)
            + sa.cast(int(seconds * MICROSECONDS), sa.BigInteger)
            + (Bucket.burst - 1) * Bucket.interval_us
        )
        session.execute(
            sa.update(Bucket)
            .where(*_of(connection, operation.turns), Bucket.free_at < until)
            .values(free_at=until)
        )


def learn_rate(
    db: KernelDatabase, connection: ConnectionInfo, operation: Operation, per_second: float
) -> None:
    """Keep the rate that a platform told in an answer, if it is another one.

    Turns that were taken at the old rate count as turns of the new one.
    """
    interval = Rate(per_second).interval_us
    known = Bucket.interval_us, Bucket.rate_from
    with db.read() as session:
        row = session.execute(sa.select(*known).where(*_of(connection, operation.turns))).first()
    if row is None or tuple(row) == (interval, LEARNT):
        return
    with db.write() as session:
        now: Any = _now(session)
        ahead = sa.cast(Bucket.free_at - now, sa.Float) * interval / Bucket.interval_us
        free_at = sa.case((Bucket.free_at > now, now + sa.cast(ahead, sa.BigInteger)), else_=now)
        session.execute(
            sa.update(Bucket)
            .where(*_of(connection, operation.turns))
            .values(interval_us=interval, rate_from=LEARNT, free_at=free_at)
            .execution_options(synchronize_session=False)
        )


def _take(
    session: Session, connection: ConnectionInfo, operation: str, patience: float
) -> tuple[int, int, int, int] | None:
    now: Any = _now(session)
    later = sa.case((Bucket.free_at > now, Bucket.free_at), else_=now)
    wait = Bucket.free_at - (Bucket.burst - 1) * Bucket.interval_us - now
    statement = (
        sa.update(Bucket)
        .where(*_of(connection, operation), wait <= int(patience * MICROSECONDS))
        .values(free_at=later + Bucket.interval_us)
        .returning(Bucket.free_at, Bucket.interval_us, Bucket.burst, now)
        .execution_options(synchronize_session=False)
    )
    row = session.execute(statement).first()
    return None if row is None else (row[0], row[1], row[2], row[3])


def _settle(
    session: Session, connection: ConnectionInfo, operation: str, rate: Rate | None
) -> None:
    """Make the bucket if there is none, or give it the rate that is declared by now."""
    declared = rate or UNLIMITED
    columns = Bucket.interval_us, Bucket.burst, Bucket.rate_from
    row = session.execute(sa.select(*columns).where(*_of(connection, operation))).first()
    if row is None:
        values = {
            "company_id": connection.company_id,
            "connection_id": connection.id,
            "operation": operation,
            "interval_us": declared.interval_us,
            "burst": declared.burst,
            "free_at": 0,
            "rate_from": DECLARED,
        }
        upsert_missing(session, table_of(Bucket), [values])
    elif row.rate_from == DECLARED and row[:2] != (declared.interval_us, declared.burst):
        session.execute(
            sa.update(Bucket)
            .where(*_of(connection, operation))
            .values(interval_us=declared.interval_us, burst=declared.burst)
        )


def _held_back(db: KernelDatabase, connection: ConnectionInfo, operation: str) -> bool:
    """Say whether an operation without a rate was told to wait."""
    with db.read() as session:
        later = Bucket.free_at > _now(session)
        return session.scalar(sa.select(later).where(*_of(connection, operation))) or False


def _too_early(session: Session, connection: ConnectionInfo, operation: str) -> RateLimited:
    wait = Bucket.free_at - (Bucket.burst - 1) * Bucket.interval_us - _now(session)
    left = session.scalar(sa.select(wait).where(*_of(connection, operation))) or 0
    return RateLimited(
        f"{operation} of {connection.label} has no turn yet: it is asked as often as the platform"
        " allows.",
        retry_after=max(0.0, left / MICROSECONDS),
    )


def _of(connection: ConnectionInfo, operation: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        Bucket.company_id == connection.company_id,
        Bucket.connection_id == connection.id,
        Bucket.operation == operation,
    )


def _now(session: Session) -> Any:
    if session.get_bind().dialect.name == "sqlite":
        return sa.cast(time.time_ns() // 1000, sa.BigInteger)
    # clock_timestamp: the statement may have waited for another one's turn.
    seconds = sa.func.extract("epoch", sa.func.clock_timestamp())
    return sa.cast(seconds * MICROSECONDS, sa.BigInteger)
