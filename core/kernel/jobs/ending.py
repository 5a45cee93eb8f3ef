"""The end of an attempt: done, again later, or never again with the reason."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import clock
from core.kernel.job_models import CANCELLED
from core.kernel.job_models import DEAD
from core.kernel.job_models import DONE
from core.kernel.job_models import RUNNING
from core.kernel.job_models import WAITING
from core.kernel.job_models import Job
from core.kernel.job_models import Schedule
from core.kernel.jobs.enqueueing import announce_again
from core.kernel.leases import moment
from core.kernel.leases import read_clock

FIRST_DELAY = 10
LONGEST_DELAY = 3600
LONGEST_REST = 86_400
JITTER = 0.25
MAX_LOSSES = 5
PAUSE_AFTER_FAILURES = 5
PAUSE_AFTER = timedelta(hours=24)

Kind = Literal["done", "failed", "rate_limited", "parked", "cancelled", "lost", "released"]


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended.

    done          with a result
    failed        counts as an attempt
    rate_limited  again after `retry_after` seconds, not counted
    parked        its connection needs a person; not counted
    cancelled     somebody asked for it
    lost          its process died; five times, and the job is dead
    released      the worker ended, or has old code; not counted

    `overdue` says of a failure that the task took too long, and that its process was killed.
    """

    kind: Kind
    result: Any = None
    error: str | None = None
    traceback: str | None = None
    retry_after: float = 0.0
    overdue: bool = False


def conclude(session: Session, job_id: int, token: int, outcome: Outcome) -> bool:
    """Write how an attempt ended; False when the job is no longer the attempt's.

    A worker that was frozen and comes back finds another token, and what it says is ignored.
    """
    query = sa.select(Job).where(Job.id == job_id, Job.token == token).with_for_update()
    job = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if job is None or job.state not in (RUNNING, DONE):
        return False
    if job.state == RUNNING:
        _end(session, job, outcome)
    if job.schedule is not None:
        _note_schedule(session, job, outcome)
    _hand_on_lock(session, job)
    return True


def backoff(attempt: int) -> float:
    """Return how many seconds to wait after a failed attempt: longer each time, and not exactly."""
    seconds = min(FIRST_DELAY * 2.0 ** (attempt - 1), LONGEST_DELAY)
    return seconds * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret


def _end(session: Session, job: Job, outcome: Outcome) -> None:
    job.lease_until = None
    job.error, job.traceback = outcome.error, outcome.traceback
    if outcome.kind == "done":
        job.result = outcome.result
        _stop(job, DONE, None)
    elif outcome.kind == "cancelled" or job.cancel_asked:
        # However the attempt ended: what somebody cancelled does not run again.
        _stop(job, CANCELLED, "Somebody cancelled it while it ran.")
    elif outcome.kind == "failed" and job.attempts >= job.max_attempts:
        _stop(job, DEAD, f"It failed {job.attempts} times.")
    elif outcome.kind == "lost" and job.losses + 1 >= MAX_LOSSES:
        job.losses += 1
        _stop(job, DEAD, f"Its process ended without a word {job.losses} times.")
    else:
        _again(session, job, outcome)
        return
    session.flush()


def _stop(job: Job, state: str, reason: str | None) -> None:
    job.state, job.reason, job.ended_at = state, reason, clock.now()


def _again(session: Session, job: Job, outcome: Outcome) -> None:
    """Let a job wait for its next attempt, unless another of the same waits already."""
    delay = _delay(job, outcome)
    if outcome.kind == "lost":
        job.losses += 1
    if outcome.kind != "failed":
        job.attempts -= 1
    # By the clock that says later whether the time has come.
    job.due_at = read_clock(session) + timedelta(seconds=delay) if delay else None
    session.flush()
    savepoint = session.begin_nested()
    try:
        job.state = WAITING
        session.flush()
        savepoint.commit()
    except IntegrityError:
        savepoint.rollback()
        session.refresh(job)
        _stop(job, CANCELLED, "Another job of the same was enqueued meanwhile and does the work.")
        session.flush()
        return
    announce_again(session, [(job.id, job.priority, job.due_at)])


def _delay(job: Job, outcome: Outcome) -> float:
    if outcome.kind == "failed":
        return backoff(job.attempts)
    if outcome.kind == "rate_limited":
        return min(max(outcome.retry_after, 1.0), LONGEST_REST)
    # After the first loss at once: it was probably the worker's end, not the job's fault.
    return 2.0**job.losses if outcome.kind == "lost" and job.losses else 0.0


def _note_schedule(session: Session, job: Job, outcome: Outcome) -> None:
    """Count failures of a schedule in a row; five of them over a day pause it."""
    schedule = session.get(Schedule, job.schedule, with_for_update=True)
    if schedule is None:
        return
    if job.state == DONE:
        schedule.failures, schedule.failing_since = 0, None
    elif outcome.kind in ("failed", "lost"):
        now = clock.now()
        schedule.failures += 1
        schedule.failing_since = schedule.failing_since or now
        if (
            schedule.failures >= PAUSE_AFTER_FAILURES
            and now - schedule.failing_since >= PAUSE_AFTER
        ):
            schedule.paused = True
            schedule.row_version += 1
            schedule.paused_reason = (
                f"It failed {schedule.failures} times in a row since"
                f" {schedule.failing_since:%Y-%m-%d %H:%M} UTC: {outcome.error or job.reason}"
            )
    session.flush()


def _hand_on_lock(session: Session, job: Job) -> None:
    """Announce who waits for a job's lock; on SQLite the workers look for themselves."""
    if job.lock is None or session.get_bind().dialect.name == "sqlite":
        return
    waits = (
        sa.select(Job.id, Job.priority)
        .where(
            Job.lock == job.lock,
            Job.state == WAITING,
            Job.id != job.id,
            sa.or_(Job.due_at.is_(None), Job.due_at <= moment(session)),
        )
        .order_by(Job.priority, Job.id)
        .limit(1)
    )
    from core.kernel.jobs import transport

    for row in session.execute(transport.without_ticket(waits)).all():
        announce_again(session, [(row.id, row.priority, None)])
