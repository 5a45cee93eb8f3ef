"""The tables of jobs: what is to be done, by which workers, and on which schedule."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from core.db import Base
from core.db import Json
from core.db import table_args

WAITING = "waiting"
RUNNING = "running"
DONE = "done"
DEAD = "dead"
CANCELLED = "cancelled"
STATES = (WAITING, RUNNING, DONE, DEAD, CANCELLED)


def _only(name: str, column: str, states: str) -> sa.Index:
    """Return the unique index that lets one job of these states have a value."""
    where = sa.text(f"state IN ({states})")
    return sa.Index(name, column, unique=True, sqlite_where=where, postgresql_where=where)


class Job(Base):
    """A piece of work, with the visible record of its attempts.

    Whoever runs it raises `token` and has it until `lease_until`; the end of an attempt is written
    only by the holder of the present token.
    """

    __tablename__ = "kernel_job"
    __table_args__ = table_args(
        _only("uq_kernel_job_lock", "lock", "'running'"),
        _only("uq_kernel_job_unique_waiting", "unique_waiting", "'waiting'"),
        _only("uq_kernel_job_unique_active", "unique_active", "'waiting', 'running'"),
        sa.Index(
            "ix_kernel_job_queue",
            "priority",
            "id",
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        ),
        sa.Index(
            "ix_kernel_job_running",
            "lease_until",
            sqlite_where=sa.text("state = 'running'"),
            postgresql_where=sa.text("state = 'running'"),
        ),
        sa.Index("ix_kernel_job_state_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    company_id: Mapped[int | None]
    connection_id: Mapped[int | None]
    addon: Mapped[str] = mapped_column(default="")
    task: Mapped[str]
    args: Mapped[dict[str, Any]] = mapped_column(Json)
    state: Mapped[str] = mapped_column(default=WAITING)
    priority: Mapped[int] = mapped_column(default=0)
    lock: Mapped[str | None]
    unique_waiting: Mapped[str | None]
    unique_active: Mapped[str | None]
    schedule: Mapped[str | None]
    due_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int]
    losses: Mapped[int] = mapped_column(default=0)
    token: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    renewed_at: Mapped[datetime | None]
    cancel_asked: Mapped[bool] = mapped_column(default=False)
    progress_done: Mapped[int | None]
    progress_total: Mapped[int | None]
    progress_text: Mapped[str | None]
    result: Mapped[Any] = mapped_column(Json, nullable=True)
    reason: Mapped[str | None]
    error: Mapped[str | None]
    traceback: Mapped[str | None]


class Worker(Base):
    """A running `entrepot worker`, and when it and its clock of schedules were last alive."""

    __tablename__ = "kernel_worker"

    name: Mapped[str] = mapped_column(primary_key=True)
    host: Mapped[str]
    pid: Mapped[int]
    processes: Mapped[int]
    started_at: Mapped[datetime]
    alive_at: Mapped[datetime]
    scheduler_at: Mapped[datetime | None]


class Schedule(Base):
    """What is known of a schedule beyond its declaration: changes by persons, and how it fares."""

    __tablename__ = "kernel_schedule"

    name: Mapped[str] = mapped_column(primary_key=True)
    addon: Mapped[str] = mapped_column(default="")
    connection_id: Mapped[int | None]
    timing: Mapped[str | None]
    paused: Mapped[bool] = mapped_column(default=False)
    paused_reason: Mapped[str | None]
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None]
    known_since: Mapped[datetime]
    fired_at: Mapped[datetime | None]
    row_version: Mapped[int] = mapped_column(default=1)


class Firing(Base):
    """A moment at which a schedule has fired: the key lets every node but one come too late."""

    __tablename__ = "kernel_firing"

    schedule: Mapped[str] = mapped_column(primary_key=True)
    fire_at: Mapped[datetime] = mapped_column(primary_key=True)
    job_id: Mapped[int | None]
