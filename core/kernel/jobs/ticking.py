"""The clock of schedules: APScheduler, which on every node says when to look.

It keeps nothing and decides nothing. What fires is read from the database's clock and written
there once; and whatever it should miss (a machine asleep, a clock that was set) is found by the
next look at all schedules.
"""

from __future__ import annotations

import logging
import time
from datetime import UTC
from datetime import datetime
from typing import Any

from apscheduler.executors.base import BaseExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import SQLAlchemyError

from core import clock
from core.kernel.jobs import schedules
from core.kernel.jobs.schedules import Planned
from core.kernel.kernel import Kernel

log = logging.getLogger(__name__)

LOOK_SECONDS = 15.0
DEAD_SECONDS = 4 * LOOK_SECONDS


class Ticker:
    """One node's clock."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._looked_at = float("-inf")
        self._timings: dict[str, str] = {}
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": _Enqueueing(self)},
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )

    def start(self) -> None:
        """Begin to tick."""
        self._scheduler.start()

    def stop(self) -> None:
        """Tick no more."""
        self._scheduler.shutdown(wait=False)

    def alive(self) -> bool:
        """Say whether schedules are looked at."""
        thread = self._scheduler._thread
        fresh = time.monotonic() - self._looked_at < DEAD_SECONDS
        return fresh and thread is not None and thread.is_alive()

    def look(self) -> None:
        """Look at every schedule: set the clock anew, and fire what was missed."""
        with self._kernel.db.read() as session:
            found = schedules.planned(session, self._kernel)
        active = [each for each in found if each.active]
        self._set(active)
        for each in active:
            self._fire(each)
        self._looked_at = time.monotonic()

    def fire(self, name: str) -> None:
        """Fire one schedule whose time has come."""
        try:
            with self._kernel.db.read() as session:
                found = schedules.planned(session, self._kernel)
            for each in found:
                if each.name == name and each.active:
                    self._fire(each)
        except SQLAlchemyError:
            log.exception("the schedule %s did not fire; it will with the next look", name)

    def _fire(self, schedule: Planned) -> None:
        now = clock.now()
        slot = schedules.latest_slot(schedule, now)
        # What has fired needs no lock to find out; a clock that was set back does.
        if schedule.fired_at is not None and slot is not None and slot <= schedule.fired_at <= now:
            return
        with self._kernel.db.write() as session:
            schedules.fire_if_due(session, schedule)

    def _set(self, active: list[Planned]) -> None:
        """Let APScheduler have the schedules as they are now, at the times that now follow."""
        wanted = {each.name: each for each in active}
        now = datetime.now(UTC)
        for job in self._scheduler.get_jobs():
            each = wanted.get(job.id)
            if each is None or self._timings.get(job.id) != each.timing.text:
                job.remove()
                continue
            due = job.trigger.get_next_fire_time(None, now)
            planned = getattr(job, "next_run_time", None)  # it has none before the start
            if due is not None and planned is not None and due < planned:
                job.modify(next_run_time=due)  # the clock was set back
        known = {job.id for job in self._scheduler.get_jobs()}
        for name, each in wanted.items():
            if name not in known:
                trigger = schedules.trigger_of(each)
                self._scheduler.add_job(_nothing, trigger, id=name, name=name)
                self._timings[name] = each.timing.text


class _Enqueueing(BaseExecutor):  # type: ignore[misc]  # APScheduler has no types
    """An executor that runs nothing: a time that has come is a job in the queue."""

    def __init__(self, ticker: Ticker) -> None:
        super().__init__()
        self._ticker = ticker

    def _do_submit_job(self, job: Any, run_times: list[datetime]) -> None:
        self._ticker.fire(job.id)
        self._run_job_success(job.id, [])


def _nothing() -> None:
    """Stand for the work that others do."""
