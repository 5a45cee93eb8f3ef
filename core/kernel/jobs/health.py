"""Whether anybody works: which workers are alive, and what is not being done.

Staleness is never silent: what is found here stands on every page and in `/health`.
"""

from __future__ import annotations

from dataclasses import asdict
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from core.db import Database
from core.kernel.job_models import RUNNING
from core.kernel.job_models import WAITING
from core.kernel.job_models import Job
from core.kernel.job_models import Worker
from core.kernel.leases import moment

# Four beats missed; with the time that a page takes to notice well under two minutes.
DEAD_SECONDS = 45

Trouble = Literal["no_worker", "no_scheduler"]


@dataclass(frozen=True)
class JobsHealth:
    """How the work that is done in the background fares."""

    workers: tuple[str, ...]
    waiting: int
    running: int
    troubles: tuple[Trouble, ...]
    last_seen_at: datetime | None

    @property
    def ok(self) -> bool:
        """Say whether all is well."""
        return not self.troubles


@dataclass(frozen=True)
class Presence:
    """What a worker tells of itself."""

    name: str
    host: str
    pid: int
    processes: int


def arrive(session: Session, worker: Presence) -> None:
    """Enter a worker that has just started."""
    now = moment(session)
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(Worker).values(**asdict(worker), started_at=now, alive_at=now)
    session.execute(statement.on_conflict_do_nothing())


def alive(session: Session, worker: Presence, *, scheduler: bool) -> None:
    """Note that a worker is alive, and whether its clock of schedules runs."""
    values = {"alive_at": moment(session)}
    if scheduler:
        values["scheduler_at"] = moment(session)
    mine = sa.update(Worker).where(Worker.name == worker.name).values(**values)
    known = session.scalars(
        mine.returning(Worker.name).execution_options(synchronize_session=False)
    ).all()
    if not known:  # struck out while it was frozen, or the clock was set
        arrive(session, worker)


def leave(db: Database, name: str) -> None:
    """Strike out a worker that ends."""
    with db.write() as session:
        session.execute(sa.delete(Worker).where(Worker.name == name))


def living(session: Session) -> list[Worker]:
    """Return the workers that have been heard of lately."""
    since = moment(session, after=-DEAD_SECONDS)
    query = sa.select(Worker).where(Worker.alive_at > since).order_by(Worker.started_at)
    return list(session.scalars(query))


def find_troubles(session: Session) -> tuple[Trouble, ...]:
    """Return what is wrong with the workers, at the cost of a look at a few rows."""
    workers = living(session)
    if not workers:
        return ("no_worker",)
    since = moment(session, after=-DEAD_SECONDS)
    ticking = session.scalar(sa.select(Worker.name).where(Worker.scheduler_at > since).limit(1))
    return () if ticking is not None or not _grown_up(session, workers) else ("no_scheduler",)


def jobs_health(session: Session) -> JobsHealth:
    """Return how the background work fares, and what a person should hear of."""
    by_state = sa.select(Job.state, sa.func.count()).group_by(Job.state)
    rows = session.execute(by_state.where(Job.state.in_((WAITING, RUNNING)))).all()
    counts = {row[0]: row[1] for row in rows}
    return JobsHealth(
        workers=tuple(each.name for each in living(session)),
        waiting=counts.get(WAITING, 0),
        running=counts.get(RUNNING, 0),
        troubles=find_troubles(session),
        last_seen_at=session.scalar(sa.select(sa.func.max(Worker.alive_at))),
    )


def _grown_up(session: Session, workers: list[Worker]) -> bool:
    """Say whether any worker has run long enough for its clock to have been seen."""
    names = [each.name for each in workers]
    since = moment(session, after=-DEAD_SECONDS)
    query = sa.select(Worker.name).where(Worker.name.in_(names), Worker.started_at < since)
    return session.scalar(query.limit(1)) is not None
