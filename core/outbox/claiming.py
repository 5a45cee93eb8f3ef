"""Claiming effects: which is to be sent next, and what a newer version has made superfluous."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm import aliased

from core import clock
from core.kernel.connections import NEEDS_CREDENTIALS
from core.kernel.connections import PAUSED
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import connection_by_id
from core.kernel.leases import Grant
from core.outbox.declaring import OutboxItem
from core.outbox.declaring import effects_of
from core.outbox.models import Effect
from core.outbox.putting import SENDING
from core.outbox.putting import SUPERSEDED
from core.outbox.putting import UNKNOWN
from core.outbox.putting import WAITING

if TYPE_CHECKING:
    from core.kernel.kernel import Kernel

MAX_ATTEMPTS = 8
# How many due effects are looked at together, to find one that no newer version has overtaken.
WINDOW = 20


@dataclass(frozen=True, slots=True)
class Claimed:
    """An effect to send: whether its outcome is unknown, and whether a newer version is there."""

    item: OutboxItem
    unknown: bool
    overtaken: bool


def claim(kernel: Kernel, connection: ConnectionInfo, grant: Grant) -> Claimed | None:
    """Take the next due effect.

    One at a time: of what was claimed together, none could be told from what was sent.
    """
    repeatable = _repeatable(kernel, connection)
    with kernel.db.write() as session:
        grant.require(session)
        if stopped(session, connection):
            return None
        while window := _next_due(session, connection):
            kept = _supersede(session, connection, window, repeatable)
            claimed = _take(session, connection, kept[0]) if kept else None
            if claimed is not None:
                return claimed
    return None


@dataclass(frozen=True, slots=True)
class _Candidate:
    id: int
    state: str
    operation: str
    overtaken: bool


def _next_due(session: Session, connection: ConnectionInfo) -> list[_Candidate]:
    """Return the first due effects, those of unknown outcome before all others.

    State by state, since so they stand in the index: what waits behind them is not looked at.
    """
    found: list[_Candidate] = []
    for state in (UNKNOWN, WAITING):
        query = (
            sa.select(Effect.id, Effect.state, Effect.operation, _overtaken())
            .where(
                *of_this(connection),
                Effect.state == state,
                Effect.due_at <= clock.now(),
                Effect.attempts < MAX_ATTEMPTS,
            )
            .order_by(Effect.due_at)
            .limit(WINDOW)
        )
        found += [_Candidate(*row) for row in session.execute(query)]
    return found


def _supersede(
    session: Session, connection: ConnectionInfo, window: list[_Candidate], repeatable: list[str]
) -> list[_Candidate]:
    """Let go of what a newer version has overtaken before it was sent again; return the others.

    Also of what may have been done, where the newer version settles it: sent again after that one,
    the older would win.
    """
    gone = {
        each.id
        for each in window
        if each.overtaken and (each.state == WAITING or each.operation in repeatable)
    }
    if gone:
        session.execute(
            sa.update(Effect)
            .where(*of_this(connection), Effect.id.in_(gone), Effect.state.in_((WAITING, UNKNOWN)))
            .values(state=SUPERSEDED)
            .execution_options(synchronize_session=False)
        )
    return [each for each in window if each.id not in gone]


def _take(session: Session, connection: ConnectionInfo, candidate: _Candidate) -> Claimed | None:
    """Mark an effect as on its way; None when it was superseded meanwhile."""
    row = session.scalars(
        sa.update(Effect)
        .where(*of_this(connection), Effect.id == candidate.id, Effect.state == candidate.state)
        .values(state=SENDING, attempts=Effect.attempts + 1, sent_at=clock.now())
        .returning(Effect)
        .execution_options(synchronize_session=False, populate_existing=True)
    ).one_or_none()
    if row is None:
        return None
    return Claimed(_item(row), candidate.state == UNKNOWN, candidate.overtaken)


def stopped(session: Session, connection: ConnectionInfo) -> bool:
    """Say whether a connection sends nothing until a person has seen to it."""
    now = connection_by_id(session, connection.id, company_id=connection.company_id)
    return now.state in (PAUSED, NEEDS_CREDENTIALS)


def _overtaken() -> sa.ColumnElement[bool]:
    """Return the condition that an effect's target has a newer version."""
    newer = aliased(Effect)
    return sa.exists().where(
        newer.connection_id == Effect.connection_id,
        newer.operation == Effect.operation,
        newer.target == Effect.target,
        newer.version > Effect.version,
    )


def _repeatable(kernel: Kernel, connection: ConnectionInfo) -> list[str]:
    kinds = effects_of(kernel, connection.addon)
    return sorted(name for name, kind in kinds.items() if kind.repeatable)


def _item(row: Effect) -> OutboxItem:
    return OutboxItem(
        id=row.id,
        operation=row.operation,
        target=row.target,
        version=row.version,
        idempotency_key=row.idempotency_key,
        payload=row.payload,
        attempts=row.attempts,
        created_at=row.created_at,
    )


def of_this(connection: ConnectionInfo) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the conditions that an effect is one of a connection."""
    return (
        Effect.company_id == connection.company_id,
        Effect.connection_id == connection.id,
    )
