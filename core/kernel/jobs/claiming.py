"""Claiming jobs: which may run now, who has them, and for how long."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm import aliased

from core.kernel.connections import NEEDS_CREDENTIALS
from core.kernel.connections import PAUSED
from core.kernel.job_models import DONE
from core.kernel.job_models import RUNNING
from core.kernel.job_models import WAITING
from core.kernel.job_models import Job
from core.kernel.leases import moment
from core.kernel.models import Connection

LEASE_SECONDS = 30
RENEW_SECONDS = 10

# A connection in one of these states must be seen to by a person first.
HELD_BY = (NEEDS_CREDENTIALS, PAUSED)


@dataclass(frozen=True)
class Claim:
    """A job that this worker may run, for as long as it renews the lease."""

    id: int
    token: int
    task: str
    addon: str
    args: Mapping[str, Any]
    attempt: int
    company_id: int | None
    connection_id: int | None


@dataclass(frozen=True)
class Renewal:
    """What became of the jobs in hand: which are no longer ours, and which are to be stopped."""

    lost: frozenset[int]
    cancelled: frozenset[int]


def allowed(enabled: Collection[str]) -> sa.ColumnElement[bool]:
    """Return the condition that nothing holds a job: its addon is enabled, its connection able."""
    held = sa.select(Connection.id).where(
        Connection.id == Job.connection_id, Connection.state.in_(HELD_BY)
    )
    return sa.and_(
        Job.addon.in_(["", *sorted(enabled)]),
        sa.or_(Job.connection_id.is_(None), ~held.exists()),
    )


def due(session: Session, enabled: Collection[str]) -> sa.ColumnElement[bool]:
    """Return the condition that a job may run now."""
    other = aliased(Job)
    busy = sa.select(other.id).where(other.lock == Job.lock, other.state == RUNNING)
    return sa.and_(
        Job.state == WAITING,
        sa.or_(Job.due_at.is_(None), Job.due_at <= moment(session)),
        allowed(enabled),
        sa.or_(Job.lock.is_(None), ~busy.exists()),
    )


def next_due(session: Session, enabled: Collection[str]) -> int | None:
    """Return the job that is to run next, without claiming it."""
    query = sa.select(Job.id).where(due(session, enabled)).order_by(Job.priority, Job.id)
    return session.scalar(query.limit(1))


def claim(session: Session, job_id: int, worker: str, enabled: Collection[str]) -> Claim | None:
    """Take a job; None when it may not run now, or somebody else has it or its lock."""
    statement = (
        sa.update(Job)
        .where(Job.id == job_id, due(session, enabled))
        .values(
            state=RUNNING,
            token=Job.token + 1,
            attempts=Job.attempts + 1,
            worker=worker,
            started_at=moment(session),
            renewed_at=moment(session),
            lease_until=moment(session, after=LEASE_SECONDS),
            cancel_asked=False,
            progress_done=None,
            progress_total=None,
            progress_text=None,
        )
        .returning(
            Job.id,
            Job.token,
            Job.task,
            Job.addon,
            Job.args,
            Job.attempts,
            Job.company_id,
            Job.connection_id,
        )
        .execution_options(synchronize_session=False)
    )
    savepoint = session.begin_nested()
    try:
        row = session.execute(statement).one_or_none()
        savepoint.commit()
    except IntegrityError:
        # Another job has taken the lock since we looked: the unique index says so.
        savepoint.rollback()
        return None
    return None if row is None else Claim(*row)


def renew(session: Session, claims: Collection[Claim]) -> Renewal:
    """Have the jobs in hand for another while."""
    if not claims:
        return Renewal(frozenset(), frozenset())
    rows = session.execute(
        sa.update(Job)
        .where(_ours(claims))
        .values(renewed_at=moment(session), lease_until=moment(session, after=LEASE_SECONDS))
        .returning(Job.id, Job.cancel_asked)
        .execution_options(synchronize_session=False)
    ).all()
    return _renewal(claims, {row.id: row.cancel_asked for row in rows})


def look(session: Session, claims: Collection[Claim]) -> Renewal:
    """See what became of the jobs in hand, without writing."""
    if not claims:
        return Renewal(frozenset(), frozenset())
    rows = session.execute(sa.select(Job.id, Job.cancel_asked).where(_ours(claims))).all()
    return _renewal(claims, {row.id: row.cancel_asked for row in rows})


def finished(session: Session, claim: Claim) -> bool:
    """Say whether a job was ended by the very attempt that was claimed."""
    query = sa.select(Job.id).where(Job.id == claim.id, Job.token == claim.token, Job.state == DONE)
    return session.scalar(query) is not None


def tell_progress(
    session: Session, claim: Claim, done: int, total: int | None, message: str
) -> None:
    """Write how far a job is."""
    session.execute(
        sa.update(Job)
        .where(Job.id == claim.id, Job.token == claim.token, Job.state == RUNNING)
        .values(progress_done=done, progress_total=total, progress_text=message[:500])
        .execution_options(synchronize_session=False)
    )


def _ours(claims: Collection[Claim]) -> sa.ColumnElement[bool]:
    pairs = [sa.and_(Job.id == each.id, Job.token == each.token) for each in claims]
    return sa.and_(Job.state == RUNNING, sa.or_(*pairs))


def _renewal(claims: Collection[Claim], asked: Mapping[int, bool]) -> Renewal:
    lost = frozenset(each.id for each in claims) - asked.keys()
    return Renewal(lost, frozenset(job for job, cancelled in asked.items() if cancelled))
