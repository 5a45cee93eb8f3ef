"""Procrastinate, which brings jobs to workers on PostgreSQL.

It carries only the number of a job; what the job is and how it fares stands in `kernel_job`. A
ticket that is lost is written again by the keeper of any worker, one too many finds nothing to do.
Needs the extra `postgres`.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from typing import TypeVarTuple

import sqlalchemy as sa
from procrastinate import App
from procrastinate import PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Job as Ticket
from sqlalchemy.orm import Session

from core.driver import driver_of
from core.kernel.job_models import Job

Columns = TypeVarTuple("Columns")

QUEUE = "entrepot"
TASK = "entrepot.run"
BATCH = 1000
_FORGET = sa.text(
    "DELETE FROM procrastinate_jobs WHERE queueing_lock = ANY (:names) AND status = 'todo'"
)


@cache
def _deferring() -> App:
    """Return an app that only defers, on connections that are handed to it."""
    return App(connector=PsycopgConnector())


def defer(
    session: Session, jobs: Sequence[tuple[int, int, datetime | None]], *, again: bool = False
) -> None:
    """Write tickets for jobs (id, priority, when) with the session's own connection.

    Tickets are served in their own order: one that is written `again` goes before those of jobs
    that are younger, or a lost job would wait until everything behind it is done.
    """
    driver = driver_of(session)
    for start in range(0, len(jobs), BATCH):
        _deferring().job_manager.batch_defer_jobs(
            [_ticket(*each, again=again) for each in jobs[start : start + BATCH]],
            connection=driver,
        )


def defer_again(session: Session, jobs: Sequence[tuple[int, int, datetime | None]]) -> None:
    """Write tickets for jobs that may have one already, perhaps for another time."""
    names = [_name(job_id) for job_id, _priority, _due_at in jobs]
    # Written anew rather than changed: only a new one wakes the workers.
    session.execute(_FORGET, {"names": names})
    for each in jobs:
        savepoint = session.begin_nested()
        try:
            defer(session, [each], again=True)
            savepoint.commit()
        except AlreadyEnqueued:  # by another keeper, at the same moment
            savepoint.rollback()


def worker_app(conninfo: str, run: Callable[[int], None], *, connections: int) -> App:
    """Return an app whose worker calls `run` with the number of each job that is due."""
    app = App(connector=PsycopgConnector(conninfo=conninfo, min_size=1, max_size=connections))

    @app.task(name=TASK, queue=QUEUE)
    def bring(job: int) -> None:
        run(job)

    return app


def without_ticket(due: sa.Select[*Columns]) -> sa.Select[*Columns]:
    """Narrow a query of jobs down to those of which no worker will hear."""
    ticket = (
        sa.select(sa.literal(1))
        .select_from(sa.table("procrastinate_jobs"))
        .where(
            sa.column("queueing_lock") == _name(sa.cast(Job.id, sa.Text)),
            sa.literal_column("status IN ('todo', 'doing')"),
        )
    )
    return due.where(~ticket.exists())


def forget_stalled(session: Session, seconds: float) -> None:
    """Delete the tickets of workers that have not been heard of for so long."""
    session.execute(
        sa.text(
            "DELETE FROM procrastinate_jobs j WHERE j.status = 'doing' AND j.queue_name = :queue"
            " AND NOT EXISTS (SELECT 1 FROM procrastinate_workers w WHERE w.id = j.worker_id"
            " AND w.last_heartbeat > clock_timestamp() - make_interval(secs => :seconds))"
        ),
        {"queue": QUEUE, "seconds": seconds},
    )


def _ticket(job_id: int, priority: int, due_at: datetime | None, *, again: bool) -> Ticket:
    return Ticket(
        id=None,
        queue=QUEUE,
        lock=None,
        queueing_lock=_name(job_id),
        task_name=TASK,
        # There the larger number comes first.
        priority=-2 * priority + again,
        task_kwargs={"job": job_id},
        scheduled_at=due_at,
    )


def _name(job: Any) -> Any:
    return f"job:{job}" if isinstance(job, int) else sa.literal("job:") + job
