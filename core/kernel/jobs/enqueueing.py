"""Putting jobs into the queue, within the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from core import clock
from core.db import json_text
from core.errors import InputError
from core.ids import next_ids
from core.kernel.job_models import Job
from core.kernel.jobs.tasks import Task
from core.kernel.jobs.tasks import core_tasks
from core.kernel.jobs.tasks import find_task
from core.kernel.jobs.tasks import lock_of
from core.kernel.models import Connection

if TYPE_CHECKING:
    from core.kernel.kernel import Kernel

MAX_ARGS = 64_000


@dataclass(frozen=True)
class Wish:
    """How a job is to be run, beyond what its task says."""

    lock: str | None = None
    unique: str | None = None
    run_at: datetime | None = None
    connection_id: int | None = None
    company_id: int | None = None
    schedule: str | None = None


def enqueue(
    session: Session,
    task: str,
    args: Mapping[str, Any],
    *,
    lock: str | None = None,
    unique: str | None = None,
    run_at: datetime | None = None,
    connection_id: int | None = None,
    company_id: int | None = None,
) -> int | None:
    """Enqueue a job with the caller's commit; without a commit there is none.

    Returns its id, or None when one of the task with the same `unique` still waits. `args` carry
    ids, not data: the work is done later, and reads what is true then.

    Raises: NotFound for the task, InputError for args that are no small JSON document.
    """
    wish = Wish(lock, unique, run_at, connection_id, company_id)
    ids = put(session, _task(session, task), [args], wish)
    return ids[0] if ids else None


def enqueue_many(
    session: Session,
    task: str,
    batches: Sequence[Mapping[str, Any]],
    *,
    lock: str | None = None,
    connection_id: int | None = None,
    company_id: int | None = None,
) -> list[int]:
    """Enqueue a job for each of many batches of work; return their ids."""
    wish = Wish(lock, connection_id=connection_id, company_id=company_id)
    return put(session, _task(session, task), batches, wish)


def put(
    session: Session, task: Task, batches: Sequence[Mapping[str, Any]], wish: Wish
) -> list[int]:
    """Insert jobs and announce them to the workers; return the ids of those that were new."""
    if not batches:
        return []
    rows = [_row(task, args, wish) for args in batches]
    company_id = _company(session, wish)
    for row, job_id in zip(rows, next_ids(session, len(rows)), strict=True):
        row |= {"id": job_id, "company_id": company_id}
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    if wish.unique is None:
        session.execute(sa.insert(Job), rows)
        made = [row["id"] for row in rows]
    else:
        statement = insert(Job).on_conflict_do_nothing().returning(Job.id)
        made = list(session.scalars(statement, rows))
    announce(session, [(job_id, task.priority, wish.run_at) for job_id in made])
    return made


def announce(session: Session, jobs: Sequence[tuple[int, int, datetime | None]]) -> None:
    """Tell the workers of jobs (id, priority, when); on SQLite they look for themselves."""
    if jobs and session.get_bind().dialect.name == "postgresql":
        from core.kernel.jobs import transport

        transport.defer(session, jobs)


def announce_again(session: Session, jobs: Sequence[tuple[int, int, datetime | None]]) -> None:
    """Tell the workers of jobs of which they may have been told before."""
    if jobs and session.get_bind().dialect.name == "postgresql":
        from core.kernel.jobs import transport

        transport.defer_again(session, jobs)


def _task(session: Session, name: str) -> Task:
    kernel: Kernel | None = session.info.get("kernel")
    return find_task(core_tasks() if kernel is None else kernel.registry.tasks, name)


def _row(task: Task, args: Mapping[str, Any], wish: Wish) -> dict[str, Any]:
    unique = None if wish.unique is None else f"{task.name}:{wish.unique}"
    return {
        "connection_id": wish.connection_id,
        "addon": task.addon,
        "task": task.name,
        "args": _checked(task.name, args),
        "priority": task.priority,
        "lock": lock_of(task, wish.lock, wish.connection_id),
        "unique_waiting": unique,
        "unique_active": unique if task.unique_while == "running" else None,
        "schedule": wish.schedule,
        "due_at": wish.run_at,
        "created_at": clock.now(),
        "max_attempts": task.max_attempts,
    }


def _checked(task: str, args: Mapping[str, Any]) -> dict[str, Any]:
    try:
        text = json_text(dict(args))
    except (TypeError, ValueError) as error:
        raise InputError(f"cannot be kept: {error}.", where=f"args of {task}") from error
    if len(text) > MAX_ARGS:
        raise InputError(
            "are too large.", where=f"args of {task}", hint="Give ids; the task reads the data."
        )
    return dict(args)


def _company(session: Session, wish: Wish) -> int | None:
    if wish.company_id is not None or wish.connection_id is None:
        return wish.company_id
    owner = sa.select(Connection.company_id).where(Connection.id == wish.connection_id)
    return session.scalar(owner)
