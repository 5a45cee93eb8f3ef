"""Schedules: which tasks are enqueued by the clock, when, and that each time does so once.

A schedule fires at moments that are the same on every machine, and a row per moment lets one of
them do it. What was missed while nobody ran is made up for by one firing.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.orm import Session

from core.db import table_of
from core.errors import Conflict
from core.errors import NotFound
from core.kernel import hooks
from core.kernel.job_models import WAITING
from core.kernel.job_models import Firing
from core.kernel.job_models import Job
from core.kernel.job_models import Schedule
from core.kernel.jobs.claiming import HELD_BY
from core.kernel.jobs.enqueueing import Wish
from core.kernel.jobs.enqueueing import announce_again
from core.kernel.jobs.enqueueing import put
from core.kernel.jobs.tasks import Task
from core.kernel.jobs.tasks import Timing
from core.kernel.kernel import Kernel
from core.kernel.leases import read_clock
from core.kernel.models import Connection
from core.rows import upsert_missing

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LOOK_BACK = (timedelta(hours=1), timedelta(days=1), timedelta(days=32), timedelta(days=366))
CLOCK_SLACK = timedelta(minutes=1)
FIRST_VERSION = 1


@dataclass(frozen=True)
class Planned:
    """A schedule as it is now: what was declared, and what persons have changed of it."""

    name: str
    task: Task
    timing: Timing
    connection_id: int | None = None
    company_id: int | None = None
    connection: str = ""
    held: str = ""
    paused: bool = False
    paused_reason: str | None = None
    failures: int = 0
    known_since: datetime | None = None
    fired_at: datetime | None = None
    row_version: int = 0

    @property
    def active(self) -> bool:
        """Say whether it fires."""
        return not self.paused and not self.held


def planned(session: Session, kernel: Kernel) -> list[Planned]:
    """Return every schedule of the core and of the installed addons."""
    timed = [task for task in kernel.registry.tasks.values() if task.timing is not None]
    connections = session.scalars(sa.select(Connection).order_by(Connection.id)).all()
    rows = {row.name: row for row in session.scalars(sa.select(Schedule))}
    found = [each for task in timed for each in _declared(kernel, task, connections)]
    return [_with_row(each, rows) for each in sorted(found, key=lambda each: each.name)]


def find(
    session: Session,
    kernel: Kernel,
    name: str,
    company_id: int | None = None,
    *,
    house: bool = False,
) -> Planned:
    """Return a schedule; with a company, none of another's, and with `house` those of none too.

    Raises: NotFound.
    """
    for each in planned(session, kernel):
        open_to = company_id in (None, each.company_id) or (house and each.company_id is None)
        if each.name == name and open_to:
            return each
    raise NotFound(
        f"There is no schedule {name}.", hint="`entrepot jobs schedules` shows all of them."
    )


def change(
    session: Session, schedule: Planned, *, timing: str | None = None, paused: bool | None = None
) -> None:
    """Change when a schedule fires (empty: as declared), or pause it, or let it go on.

    Raises: InputError for a timing that cannot be read, Conflict when somebody was quicker.
    """
    if timing:
        replace(schedule.timing, text=timing).check()
    row = _row(session, schedule)
    if _changed_since(row, schedule):
        raise Conflict("Somebody else has changed this schedule.", hint="Look at it again.")
    if timing is not None:
        row.timing, row.known_since = timing or None, read_clock(session)
    if paused is not None:
        row.paused, row.paused_reason = paused, None
        row.failures, row.failing_since = 0, None
    row.row_version += 1
    session.flush()


def run_now(session: Session, schedule: Planned) -> int:
    """Enqueue what a schedule does, at once; return the job, which may have waited already."""
    _row(session, schedule)
    ids = _put(session, schedule)
    if ids:
        return ids[0]
    unique = f"{schedule.task.name}:{schedule.name}"
    query = sa.select(Job).where(sa.or_(Job.unique_waiting == unique)).order_by(Job.id.desc())
    job = session.scalars(query.limit(1)).one()
    if job.state == WAITING:
        job.due_at = None
        session.flush()
        announce_again(session, [(job.id, job.priority, None)])
    return job.id


def fire_if_due(session: Session, schedule: Planned) -> int | None:
    """Enqueue what a schedule does if its time has come and nobody did; return the job, if any."""
    now = read_clock(session)
    slot = latest_slot(schedule, now)
    if slot is None or not schedule.active:
        return None
    row = _row(session, schedule)
    if row.paused or _changed_since(row, schedule):
        return None  # somebody was quicker; the next look finds how it is now
    fired_at = row.fired_at
    if fired_at is not None and fired_at > now + CLOCK_SLACK:
        # The clock has been set back: what fired "later" than now must be able to fire again.
        later = sa.delete(Firing).where(Firing.schedule == schedule.name, Firing.fire_at > now)
        session.execute(later)
        fired_at = None
    if fired_at is not None and fired_at >= slot:
        return None
    if schedule.timing.every is None and slot <= row.known_since and fired_at is None:
        return None
    firing = {"schedule": schedule.name, "fire_at": slot, "job_id": None}
    ours = _first(session, firing)
    row.fired_at = slot
    session.flush()
    ids = _put(session, schedule) if ours else []
    if not ids:
        return None
    session.execute(
        sa.update(Firing)
        .where(Firing.schedule == schedule.name, Firing.fire_at == slot)
        .values(job_id=ids[0])
    )
    return ids[0]


def latest_slot(schedule: Planned, now: datetime) -> datetime | None:
    """Return the last moment up to now at which a schedule fires, the same on every machine."""
    every = schedule.timing.every
    if every is not None:
        offset = _offset(schedule.name, every)
        passed = int((now - EPOCH).total_seconds()) - offset
        return EPOCH + timedelta(seconds=passed // every * every + offset)
    trigger = trigger_of(schedule)
    for span in LOOK_BACK:
        first = trigger.get_next_fire_time(None, now - span)
        if first is not None and first <= now:
            return _last_in(trigger, first, now)
    return None


def next_slot(schedule: Planned, now: datetime) -> datetime | None:
    """Return the next moment at which a schedule fires."""
    moment: datetime | None = trigger_of(schedule).get_next_fire_time(None, now)
    return None if moment is None else moment.astimezone(UTC)


def trigger_of(schedule: Planned) -> BaseTrigger:
    """Return APScheduler's trigger for a schedule."""
    every = schedule.timing.every
    if every is None:
        zone = ZoneInfo(schedule.timing.timezone)
        return CronTrigger.from_crontab(schedule.timing.text, timezone=zone)
    start = EPOCH + timedelta(seconds=_offset(schedule.name, every))
    return IntervalTrigger(seconds=every, start_date=start, timezone=UTC)


def _last_in(trigger: BaseTrigger, first: datetime, now: datetime) -> datetime:
    """Return the last fire time up to now, of which `first` is one."""
    latest = first
    while True:
        moment = trigger.get_next_fire_time(latest, latest + timedelta(microseconds=1))
        if moment is None or moment > now:
            return latest.astimezone(UTC)
        latest = moment


def _offset(name: str, every: int) -> int:
    """Return by how much a schedule's moments are moved, so that not all fire at once."""
    return zlib.crc32(name.encode()) % every


def _declared(kernel: Kernel, task: Task, connections: Sequence[Connection]) -> list[Planned]:
    if task.timing is None:
        return []
    off = "" if not task.addon or task.addon in kernel.enabled else "addon"
    if not task.per_connection:
        return [Planned(task.name, task, task.timing, held=off)]
    addons = {task.addon} if task.addon else _addons_with(kernel, task.connector)
    return [
        Planned(
            f"{task.name}@{each.id}",
            task,
            task.timing,
            connection_id=each.id,
            company_id=each.company_id,
            connection=each.label,
            held=off or ("connection" if each.state in HELD_BY else ""),
        )
        for each in connections
        if each.addon in addons
    ]


def _addons_with(kernel: Kernel, method: str) -> set[str]:
    """Return the enabled addons that have a connector with a method."""
    return {
        addon
        for addon, connector in hooks.collect(kernel, "connectors")
        if callable(getattr(connector, method, None))
    }


def _with_row(schedule: Planned, rows: Mapping[str, Schedule]) -> Planned:
    row = rows.get(schedule.name)
    if row is None:
        return schedule
    timing = replace(schedule.timing, text=row.timing) if row.timing else schedule.timing
    return replace(
        schedule,
        timing=timing,
        paused=row.paused,
        paused_reason=row.paused_reason,
        failures=row.failures,
        known_since=row.known_since,
        fired_at=row.fired_at,
        row_version=row.row_version,
    )


def _row(session: Session, schedule: Planned) -> Schedule:
    """Return the row of a schedule, locked; made where there is none."""
    known = session.get(Schedule, schedule.name, with_for_update=True, populate_existing=True)
    if known is not None:
        return known
    row = {
        "name": schedule.name,
        "addon": schedule.task.addon,
        "connection_id": schedule.connection_id,
        "paused": False,
        "failures": 0,
        "known_since": read_clock(session),
        "row_version": FIRST_VERSION,
    }
    upsert_missing(session, table_of(Schedule), [row])
    return session.get_one(Schedule, schedule.name, with_for_update=True)


def _changed_since(row: Schedule, schedule: Planned) -> bool:
    """Say whether somebody has changed a schedule since it was read, perhaps without a row."""
    return row.row_version != (schedule.row_version or FIRST_VERSION)


def _first(session: Session, firing: dict[str, object]) -> bool:
    """Enter a firing; False when somebody else has."""
    known = session.get(Firing, (firing["schedule"], firing["fire_at"]))
    if known is not None:
        return False
    session.add(Firing(**firing))
    session.flush()
    return True


def _put(session: Session, schedule: Planned) -> list[int]:
    wish = Wish(
        unique=schedule.name,
        connection_id=schedule.connection_id,
        company_id=schedule.company_id,
        schedule=schedule.name,
    )
    return put(session, schedule.task, [{}], wish)
