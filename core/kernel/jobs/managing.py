"""What persons do with jobs: look at them, try them again, cancel them."""

from __future__ import annotations

from dataclasses import asdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import clock
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.identity.audit import audit
from core.kernel.job_models import CANCELLED
from core.kernel.job_models import DEAD
from core.kernel.job_models import RUNNING
from core.kernel.job_models import STATES
from core.kernel.job_models import WAITING
from core.kernel.job_models import Job
from core.kernel.jobs.claiming import HELD_BY
from core.kernel.jobs.enqueueing import announce_again
from core.kernel.kernel import Kernel
from core.kernel.models import Connection
from core.paging import Cursor
from core.paging import Page
from core.paging import fetch_page

HELD = "held"
"""Shown of a job that waits for its addon or its connection; nothing of the kind is stored."""


@dataclass(frozen=True)
class JobInfo:
    """A job as pages, commands and the API show it."""

    id: int
    task: str
    addon: str
    state: str
    reason: str | None
    company_id: int | None
    connection_id: int | None
    schedule: str | None
    args: dict[str, Any]
    attempts: int
    max_attempts: int
    losses: int
    due_at: datetime | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    worker: str | None
    progress_done: int | None
    progress_total: int | None
    progress_text: str | None
    left_seconds: int | None
    result: Any
    error: str | None
    traceback: str | None

    @property
    def may_retry(self) -> bool:
        """Say whether it can be tried again."""
        return self.state in (DEAD, CANCELLED, WAITING)

    @property
    def may_cancel(self) -> bool:
        """Say whether it can be cancelled."""
        return self.state in (WAITING, HELD, RUNNING)

    def as_document(self) -> dict[str, Any]:
        """Return it as a JSON document."""
        return asdict(self)


def list_jobs(
    session: Session,
    *,
    company_id: int | None = None,
    house: bool = False,
    state: str | None = None,
    task: str | None = None,
    cursor: Cursor | None = None,
    limit: int = 50,
) -> Page[JobInfo]:
    """Return jobs, the latest first; with a company its own, and with `house` the house's too.

    Raises: InputError for a state that there is not.
    """
    if state is not None and state not in STATES:
        raise InputError(f"{state!r} is none of {', '.join(STATES)}.", where="state")
    query = sa.select(Job.id).where(*_visible(company_id, house))
    if state is not None:
        query = query.where(Job.state == state)
    if task is not None:
        query = query.where(Job.task == task)
    page = fetch_page(session, query, (Job.id,), cursor, descending=True, limit=limit)
    ids = [row.id for row in page.rows]
    rows = {row.id: row for row in session.scalars(sa.select(Job).where(Job.id.in_(ids)))}
    held = _held(session, list(rows.values()))
    infos = [_info(rows[job_id], held.get(job_id)) for job_id in ids]
    return Page(infos, page.next, page.previous)


def find_job(
    session: Session, job_id: int, *, company_id: int | None = None, house: bool = False
) -> JobInfo:
    """Return a job; with a company, none of another's, and with `house` those of no company too.

    Raises: NotFound.
    """
    job = _get(session, job_id, company_id, house)
    return _info(job, _held(session, [job]).get(job.id))


def retry(
    session: Session, job_id: int, *, company_id: int | None = None, house: bool = False
) -> None:
    """Let a dead or cancelled job run again, or a waiting one at once.

    Raises: NotFound, Conflict.
    """
    job = _get(session, job_id, company_id, house, lock=True)
    if job.state not in (DEAD, CANCELLED, WAITING):
        raise Conflict(f"Job {job_id} is {job.state}; it cannot be tried again.")
    before = job.state
    savepoint = session.begin_nested()
    try:
        if job.state != WAITING:
            job.attempts = job.losses = 0
        job.state, job.due_at, job.ended_at, job.reason = WAITING, None, None, None
        session.flush()
        savepoint.commit()
    except IntegrityError as error:
        savepoint.rollback()
        raise Conflict(f"Another job of the same as job {job_id} waits already.") from error
    audit(session, "job.retried", f"job:{job_id}", before={"state": before})
    announce_again(session, [(job.id, job.priority, None)])


def cancel(
    session: Session, job_id: int, *, company_id: int | None = None, house: bool = False
) -> str:
    """Cancel a job: a waiting one at once, a running one is asked and then stopped.

    Returns the state it is in now. Raises: NotFound, Conflict.
    """
    job = _get(session, job_id, company_id, house, lock=True)
    if job.state == RUNNING:
        job.cancel_asked = True
    elif job.state == WAITING:
        job.state, job.ended_at = CANCELLED, clock.now()
        job.reason = "Somebody cancelled it before it ran."
    else:
        raise Conflict(f"Job {job_id} is {job.state}; there is nothing to cancel.")
    audit(session, "job.cancelled", f"job:{job_id}")
    session.flush()
    return job.state


def _visible(company_id: int | None, house: bool) -> list[sa.ColumnElement[bool]]:
    """Return what narrows jobs to those of a company; work of the house tells of all companies."""
    if company_id is None:
        return []
    own = Job.company_id == company_id
    return [sa.or_(own, Job.company_id.is_(None))] if house else [own]


def _get(
    session: Session, job_id: int, company_id: int | None, house: bool, *, lock: bool = False
) -> Job:
    query = sa.select(Job).where(Job.id == job_id, *_visible(company_id, house))
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    job = session.scalars(query).one_or_none()
    if job is None:
        raise NotFound(f"There is no job {job_id}.")
    return job


def _held(session: Session, jobs: list[Job]) -> dict[int, str]:
    """Return why waiting jobs are held, by their ids."""
    kernel: Kernel = session.info["kernel"]
    waiting = [job for job in jobs if job.state == WAITING]
    wanted = {job.connection_id for job in waiting if job.connection_id is not None}
    query = sa.select(Connection.id, Connection.label, Connection.state).where(
        Connection.id.in_(wanted), Connection.state.in_(HELD_BY)
    )
    stopped = {row.id: row for row in session.execute(query)} if wanted else {}
    held = {}
    for job in waiting:
        if job.addon and job.addon not in kernel.enabled:
            held[job.id] = f"The addon {job.addon} is not running."
        elif job.connection_id in stopped:
            connection = stopped[job.connection_id]
            held[job.id] = f"The connection {connection.label} is {connection.state}."
    return held


def _info(job: Job, held: str | None) -> JobInfo:
    return JobInfo(
        id=job.id,
        task=job.task,
        addon=job.addon,
        state=HELD if held else job.state,
        reason=held or job.reason,
        company_id=job.company_id,
        connection_id=job.connection_id,
        schedule=job.schedule,
        args=job.args,
        attempts=job.attempts,
        max_attempts=job.max_attempts,
        losses=job.losses,
        due_at=job.due_at,
        created_at=job.created_at,
        started_at=job.started_at,
        ended_at=job.ended_at,
        worker=job.worker,
        progress_done=job.progress_done,
        progress_total=job.progress_total,
        progress_text=job.progress_text,
        left_seconds=_left(job),
        result=job.result,
        error=job.error,
        traceback=job.traceback,
    )


def _left(job: Job) -> int | None:
    """Estimate how many seconds a running job still takes, from how far it has come."""
    if (
        job.state != RUNNING
        or not job.progress_done
        or not job.progress_total
        or not job.started_at
    ):
        return None
    passed = (clock.now() - job.started_at).total_seconds()
    return max(0, round(passed * (job.progress_total - job.progress_done) / job.progress_done))
