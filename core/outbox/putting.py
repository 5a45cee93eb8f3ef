"""Putting effects into the outbox, in the transaction that decides them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from core import clock
from core.db import any_of
from core.db import table_of
from core.errors import InputError
from core.errors import NotFound
from core.ids import next_id
from core.ids import next_ids
from core.kernel.connections import ConnectionInfo
from core.kernel.jobs import enqueue
from core.outbox.models import Effect
from core.rows import upsert_missing

WAITING = "waiting"
SENDING = "sending"
SENT = "sent"
CONFIRMED = "confirmed"
FAILED = "failed"
SUPERSEDED = "superseded"
UNKNOWN = "unknown"
STATES = (WAITING, SENDING, SENT, CONFIRMED, FAILED, SUPERSEDED, UNKNOWN)
OPEN = (WAITING, SENDING, UNKNOWN)

SEND_TASK = "outbox.send"


def put(
    session: Session,
    connection: ConnectionInfo,
    operation: str,
    target: str,
    payload: Mapping[str, Any],
    version: int,
) -> int | None:
    """Have a platform told something after the caller's commit; return the effect's id.

    The newest version for a target wins: older ones that are not on their way are superseded, and
    an older or equal one that comes later is none (None is returned).

    Raises: InputError.
    """
    if not operation or not target or version < 0:
        raise InputError(
            "an effect has an operation, a target and a version from 0 on.",
            where=f"{operation} {target}",
        )
    key = _of(connection, operation, target)
    # Whoever tells the same target something waits for us, so that two cannot both be the newest.
    newest = session.scalar(
        sa.select(Effect.version).where(*key).order_by(Effect.version.desc()).limit(1)
    )
    if newest is not None and newest >= version:
        return None
    effect_id = next_id(session)
    if not _insert(session, connection, operation, target, payload, version, effect_id):
        return None
    session.execute(
        sa.update(Effect)
        .where(*key, Effect.version < version, Effect.state.in_((WAITING, FAILED)))
        .values(state=SUPERSEDED)
        .execution_options(synchronize_session=False)
    )
    wake(session, connection)
    return effect_id


def put_many(
    session: Session,
    connection: ConnectionInfo,
    operation: str,
    effects: Sequence[tuple[str, Mapping[str, Any], int]],
) -> int:
    """Put many effects (target, payload, version), one for a target; return how many went in.

    As `put`, by sets: of each target an older or equal version than the newest is none.
    """
    newest: dict[str, int] = dict(
        session.execute(
            sa.select(Effect.target, sa.func.max(Effect.version))
            .where(
                Effect.company_id == connection.company_id,
                Effect.connection_id == connection.id,
                Effect.operation == operation,
                any_of(session, Effect.target, [target for target, _, _ in effects]),
            )
            .group_by(Effect.target)
        ).all()
    )
    fresh = [each for each in effects if each[2] > newest.get(each[0], -1)]
    if not fresh:
        return 0
    now = clock.now()
    rows = [
        _row(connection, operation, target, payload, version)
        | {"id": new_id}
        | {"due_at": now, "created_at": now}
        for new_id, (target, payload, version) in zip(
            next_ids(session, len(fresh)), fresh, strict=True
        )
    ]
    upsert_missing(session, table_of(Effect), rows)
    _supersede(session, connection, operation, {target: version for target, _, version in fresh})
    wake(session, connection)
    return len(fresh)


def _supersede(
    session: Session, connection: ConnectionInfo, operation: str, newest: Mapping[str, int]
) -> None:
    """Let go of what has not been sent yet of targets that have a newer version now.

    Read first, then written by id: joined with itself, a table of which PostgreSQL has no
    statistics yet took it seconds.
    """
    pending = sa.select(Effect.id, Effect.target, Effect.version).where(
        Effect.company_id == connection.company_id,
        Effect.connection_id == connection.id,
        Effect.operation == operation,
        any_of(session, Effect.target, list(newest)),
        Effect.state.in_((WAITING, FAILED)),
    )
    gone = [row.id for row in session.execute(pending) if row.version < newest[row.target]]
    if not gone:
        return
    session.execute(
        sa.update(Effect)
        .where(
            Effect.company_id == connection.company_id,
            any_of(session, Effect.id, gone),
            Effect.state.in_((WAITING, FAILED)),
        )
        .values(state=SUPERSEDED)
        .execution_options(synchronize_session=False)
    )


def wake(session: Session, connection: ConnectionInfo) -> None:
    """Enqueue the job that sends what waits."""
    enqueue(
        session,
        SEND_TASK,
        {},
        unique=str(connection.id),
        connection_id=connection.id,
        company_id=connection.company_id,
    )


def backlog(session: Session, connection: ConnectionInfo) -> Mapping[str, int]:
    """Return how many effects of a connection are open or have failed, by state."""
    query = (
        sa.select(Effect.state, sa.func.count())
        .where(
            Effect.connection_id == connection.id,
            Effect.company_id == connection.company_id,
            Effect.state.in_((*OPEN, FAILED)),
        )
        .group_by(Effect.state)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def confirm(session: Session, connection: ConnectionInfo, ids: Collection[int]) -> None:
    """Note that the platform was seen to have what was sent."""
    session.execute(
        sa.update(Effect)
        .where(
            Effect.company_id == connection.company_id,
            Effect.connection_id == connection.id,
            Effect.id.in_(list(ids)),
            Effect.state == SENT,
        )
        .values(state=CONFIRMED, confirmed_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def send_again(session: Session, connection: ConnectionInfo, effect_id: int) -> None:
    """Send a failed effect, or one of unknown outcome that a person has looked at, once more.

    Raises: NotFound.
    """
    again = session.scalars(
        sa.update(Effect)
        .where(
            Effect.company_id == connection.company_id,
            Effect.connection_id == connection.id,
            Effect.id == effect_id,
            Effect.state.in_((FAILED, UNKNOWN)),
        )
        .values(state=WAITING, due_at=clock.now(), attempts=0)
        .returning(Effect.id)
        .execution_options(synchronize_session=False)
    ).all()
    if not again:
        raise NotFound("There is no such effect that failed or whose outcome is unknown.")
    wake(session, connection)


def _insert(
    session: Session,
    connection: ConnectionInfo,
    operation: str,
    target: str,
    payload: Mapping[str, Any],
    version: int,
    effect_id: int,
) -> bool:
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    now = clock.now()
    row = _row(connection, operation, target, payload, version)
    statement = insert(Effect).values(**row, id=effect_id, due_at=now, created_at=now)
    made = statement.on_conflict_do_nothing().returning(Effect.id)
    return session.scalar(made) is not None


def _row(
    connection: ConnectionInfo,
    operation: str,
    target: str,
    payload: Mapping[str, Any],
    version: int,
) -> dict[str, Any]:
    return {
        "company_id": connection.company_id,
        "connection_id": connection.id,
        "operation": operation,
        "target": target,
        "version": version,
        "idempotency_key": key_of(connection.id, operation, target, version),
        "payload": dict(payload),
        "state": WAITING,
        "attempts": 0,
        "vendor_ref": "",
        "last_error": "",
    }


def key_of(connection_id: int, operation: str, target: str, version: int) -> str:
    """Return the key under which the platform may know an effect; the same for the same effect."""
    text = f"{connection_id}\0{operation}\0{target}\0{version}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _of(
    connection: ConnectionInfo, operation: str, target: str
) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        Effect.company_id == connection.company_id,
        Effect.connection_id == connection.id,
        Effect.operation == operation,
        Effect.target == target,
    )
