"""What every worker does for all: jobs of dead workers run again, old ones are forgotten."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection
from datetime import datetime
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import Database
from core.kernel.job_models import CANCELLED
from core.kernel.job_models import DEAD
from core.kernel.job_models import DONE
from core.kernel.job_models import RUNNING
from core.kernel.job_models import Firing
from core.kernel.job_models import Job
from core.kernel.job_models import Schedule
from core.kernel.job_models import Worker
from core.kernel.jobs import claiming
from core.kernel.jobs import vitals
from core.kernel.jobs.claiming import LEASE_SECONDS
from core.kernel.jobs.ending import Outcome
from core.kernel.jobs.ending import conclude
from core.kernel.jobs.enqueueing import announce_again
from core.kernel.leases import moment
from core.kernel.leases import read_clock

log = logging.getLogger(__name__)

BATCH = 500
KEEP_DONE = timedelta(days=14)
KEEP_DEAD = timedelta(days=90)
KEEP_FIRINGS = timedelta(days=400)
KEEP_WORKERS = timedelta(hours=1)
JUMP_SECONDS = 5.0


class Steady:
    """Watches whether the database's clock runs as ours does.

    After it has been set, the end of a lease says nothing until every worker has renewed its own.
    """

    def __init__(self) -> None:
        self._seen: tuple[datetime, float] | None = None
        self._jumped_at = float("-inf")

    def check(self, session: Session) -> bool:
        """Say whether times in the database can be trusted."""
        now, here = read_clock(session), time.monotonic()
        if self._seen is not None:
            passed = (now - self._seen[0]).total_seconds()
            if abs(passed - (here - self._seen[1])) > JUMP_SECONDS:
                log.warning("the clock of the database has been set; leases are given time")
                self._jumped_at = here
        self._seen = (now, here)
        return here - self._jumped_at > LEASE_SECONDS


def recover(db: Database, steady: Steady, instance: Path | None = None) -> int:
    """Let the jobs run again whose workers are gone or have not been heard of; return how many.

    In the instance's folder the workers of this machine prove that they live.
    """
    with db.read() as session:
        holders = sa.select(Job.worker).where(Job.state == RUNNING).distinct()
        names = [name for name in session.scalars(holders) if name]
        gone = vitals.gone(instance, names) if instance is not None else set()
        trusted = steady.check(session)
        if not session.scalars(_abandoned(session, gone, leases=trusted)).all():
            return 0
    with db.write() as session:
        query = _abandoned(session, gone, leases=trusted)
        lost = session.execute(query.with_for_update(skip_locked=True)).all()
        outcome = Outcome("lost", error="The worker that ran it has not been heard of any more.")
        for job_id, token in lost:
            conclude(session, job_id, token, outcome)
    if lost:
        log.warning("%s jobs of workers that are gone run again", len(lost))
    return len(lost)


def bring_back(db: Database, enabled: Collection[str]) -> int:
    """On PostgreSQL, announce jobs that may run and of which no worker will hear otherwise.

    Those are jobs that were held and are no longer, and those whose ticket went down with a worker.
    """
    if db.dialect == "sqlite":
        return 0
    from core.kernel.jobs import transport

    with db.write() as session:
        transport.forget_stalled(session, LEASE_SECONDS)
        query = sa.select(Job.id, Job.priority).where(claiming.due(session, enabled))
        query = transport.without_ticket(query).order_by(Job.priority, Job.id).limit(BATCH)
        rows = session.execute(query).all()
        announce_again(session, [(row.id, row.priority, None) for row in rows])
    return len(rows)


def forget_old(db: Database) -> None:
    """Delete what ended long ago."""
    now = clock.now()
    with db.write() as session:
        for states, keep in (((DONE, CANCELLED), KEEP_DONE), ((DEAD,), KEEP_DEAD)):
            session.execute(
                sa.delete(Job).where(Job.state.in_(states), Job.ended_at < now - keep),
                execution_options={"synchronize_session": False},
            )
        session.execute(sa.delete(Firing).where(Firing.fire_at < now - KEEP_FIRINGS))
        known = sa.select(Schedule.name)
        session.execute(sa.delete(Firing).where(Firing.schedule.not_in(known)))
        session.execute(sa.delete(Worker).where(Worker.alive_at < now - KEEP_WORKERS))


def _abandoned(session: Session, gone: Collection[str], *, leases: bool) -> sa.Select[int, int]:
    over = sa.or_(
        Job.lease_until <= moment(session),
        # Renewed in the future: the clock has been set back since.
        Job.renewed_at > moment(session, after=JUMP_SECONDS),
    )
    theirs = Job.worker.in_(gone)
    return (
        sa.select(Job.id, Job.token)
        .where(Job.state == RUNNING, sa.or_(theirs, over) if leases else theirs)
        .order_by(Job.id)
        .limit(BATCH)
    )
