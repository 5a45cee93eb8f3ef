"""What the API answers about background work."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from typing import TypedDict

from core.kernel.jobs.managing import JobInfo
from core.kernel.jobs.schedules import Planned
from core.kernel.jobs.steering import next_firing


class JobHead(TypedDict):
    """A job and how far it is; `held` is one that waits for its addon or its connection."""

    id: int
    task: str
    addon: str
    state: str
    reason: str | None
    connection_id: int | None
    schedule: str | None
    attempts: int
    max_attempts: int
    due_at: datetime | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    progress_done: int | None
    progress_total: int | None
    progress_text: str | None
    left_seconds: int | None


class JobMore(TypedDict):
    """A job with what it was given, its result or its last error."""

    args: dict[str, Any]
    result: Any
    error: str | None
    may_retry: bool
    may_cancel: bool


class ScheduleDocument(TypedDict):
    """What is done by itself: when, for which connection, and when next."""

    name: str
    task: str
    timing: str
    timezone: str
    connection_id: int | None
    connection: str
    state: str
    paused_reason: str | None
    failures: int
    fired_at: datetime | None
    next_at: datetime | None
    row_version: int


def job_head(job: JobInfo) -> dict[str, Any]:
    """Return a job as a list shows it."""
    return {name: getattr(job, name) for name in JobHead.__annotations__}


def job_document(job: JobInfo) -> dict[str, Any]:
    """Return a job with all that is told of it."""
    return job_head(job) | {name: getattr(job, name) for name in JobMore.__annotations__}


def schedule_document(schedule: Planned) -> dict[str, Any]:
    """Return a schedule."""
    return {
        "name": schedule.name,
        "task": schedule.task.name,
        "timing": schedule.timing.text,
        "timezone": schedule.timing.timezone,
        "connection_id": schedule.connection_id,
        "connection": schedule.connection,
        "state": "paused" if schedule.paused else "held" if schedule.held else "active",
        "paused_reason": schedule.paused_reason,
        "failures": schedule.failures,
        "fired_at": schedule.fired_at,
        "next_at": next_firing(schedule),
        "row_version": schedule.row_version,
    }
