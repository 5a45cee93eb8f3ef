"""Schedules: the same moments everywhere, one firing each, and one for all that were missed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from datetime import datetime
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from core import clock
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.kernel.companies import create_company
from core.kernel.connection_states import pause
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import create_connection
from core.kernel.job_models import Firing
from core.kernel.job_models import Job
from core.kernel.job_models import Schedule
from core.kernel.jobs import schedules
from core.kernel.jobs.ending import Outcome
from core.kernel.jobs.ending import conclude
from core.kernel.jobs.schedules import Planned
from core.kernel.jobs.tasks import Task
from core.kernel.jobs.tasks import Timing
from core.kernel.jobs.ticking import Ticker
from core.kernel.kernel import Kernel
from tests.kernel.jobs.working import eventually


@pytest.fixture(autouse=True)
def movable_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let PostgreSQL's clock be ours, which a test can move."""
    monkeypatch.setattr(schedules, "read_clock", lambda _session: clock.now())


@pytest.fixture
def connection(kernel: Kernel) -> ConnectionInfo:
    with kernel.db.write() as session:
        made = create_company(session, "Shop", country="GB", currency="GBP", timezone="UTC")
        return create_connection(session, "workshop", "Main", {}, company_id=made.id)


def jobs(kernel: Kernel, task: str) -> list[Job]:
    with kernel.db.read() as session:
        query = sa.select(Job).where(Job.task == task).order_by(Job.id)
        return list(session.scalars(query))


def finish(kernel: Kernel) -> None:
    """Let every job be done."""
    with kernel.db.write() as session:
        session.execute(sa.update(Job).values(state="done", ended_at=clock.now()))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def schedule(text: str, timezone: str = "UTC") -> Planned:
    return Planned("a.b", Task("a.b", lambda _: None), Timing(text, timezone))


@pytest.mark.parametrize(
    ("text", "timezone", "now", "latest"),
    [
        ("0 6 * * *", "UTC", "2026-03-01T07:30", "2026-03-01T06:00"),
        ("0 6 * * *", "UTC", "2026-03-01T05:59", "2026-02-28T06:00"),
        ("*/5 * * * *", "UTC", "2026-03-01T07:32", "2026-03-01T07:30"),
        ("0 0 1 1 *", "UTC", "2026-12-31T23:59", "2026-01-01T00:00"),
        ("0 6 * * *", "Asia/Shanghai", "2026-03-01T07:30", "2026-02-28T22:00"),
        # The night on which London's clocks go forward: there is no 01:30 on that day.
        ("30 1 * * *", "Europe/London", "2026-03-29T12:00", "2026-03-29T01:30"),
    ],
)
def test_the_latest_moment_of_a_crontab(text: str, timezone: str, now: str, latest: str) -> None:
    assert schedules.latest_slot(schedule(text, timezone), at(now)) == at(latest)


def test_moments_of_an_interval_are_the_same_everywhere_and_follow_each_other() -> None:
    every = schedule("15m")
    first = schedules.latest_slot(every, at("2026-03-01T07:30"))
    assert first is not None
    assert first <= at("2026-03-01T07:30") < first + timedelta(minutes=15)
    assert schedules.next_slot(every, first + timedelta(seconds=1)) == first + timedelta(minutes=15)
    assert schedules.latest_slot(every, first + timedelta(minutes=14)) == first


def test_each_connection_has_its_own_and_a_held_one_does_not_fire(
    kernel: Kernel, connection: ConnectionInfo
) -> None:
    ticker = Ticker(kernel)
    ticker.look()
    (job,) = jobs(kernel, "workshop.poll")
    assert (job.connection_id, job.company_id) == (connection.id, connection.company_id)
    assert job.schedule == f"workshop.poll@{connection.id}"
    # What is due once a day waits for its first time; an interval begins at once.
    assert jobs(kernel, "workshop.daily") == []

    finish(kernel)
    with kernel.db.write() as session:
        pause(session, connection)
    with time_machine.travel(clock.now() + timedelta(hours=1), tick=False):
        ticker.look()
    assert len(jobs(kernel, "workshop.poll")) == 1


def test_three_clocks_fire_each_moment_once(
    kernel: Kernel, boot: Callable[[], Kernel], connection: ConnectionInfo
) -> None:
    tickers = [Ticker(kernel), Ticker(boot()), Ticker(boot())]
    start = clock.now()
    with time_machine.travel(start, tick=False) as machine:
        for _ in range(6):
            threads = [threading.Thread(target=ticker.look) for ticker in tickers]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
            finish(kernel)
            machine.shift(timedelta(minutes=15))

    assert len(jobs(kernel, "workshop.poll")) == 6


def test_many_fire_at_one_moment_and_one_does(kernel: Kernel, connection: ConnectionInfo) -> None:
    with kernel.db.read() as session:
        found = schedules.find(session, kernel, f"workshop.poll@{connection.id}")
    made: list[int] = []

    def fire() -> None:
        with kernel.db.write() as session:
            job = schedules.fire_if_due(session, found)
        if job is not None:
            made.append(job)

    threads = [threading.Thread(target=fire) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len(made) == len(jobs(kernel, "workshop.poll")) == 1


def test_what_was_missed_is_one_run(kernel: Kernel, connection: ConnectionInfo) -> None:
    ticker, start = Ticker(kernel), clock.now()
    ticker.look()
    finish(kernel)
    with time_machine.travel(start + timedelta(days=3), tick=False):
        ticker.look()
        ticker.look()
        assert len(jobs(kernel, "workshop.poll")) == 2
        assert len(jobs(kernel, "workshop.daily")) == 1


def test_a_clock_set_back_a_day_does_not_stop_a_schedule(
    kernel: Kernel, connection: ConnectionInfo
) -> None:
    ticker, start = Ticker(kernel), clock.now()
    with time_machine.travel(start + timedelta(hours=24), tick=False):
        ticker.look()
        finish(kernel)
    with time_machine.travel(start, tick=False) as machine:
        ticker.look()
        finish(kernel)
        before = len(jobs(kernel, "workshop.poll"))
        machine.shift(timedelta(minutes=15))
        ticker.look()
        assert len(jobs(kernel, "workshop.poll")) == before + 1


def test_the_clock_ticks_by_itself(kernel: Kernel, connection: ConnectionInfo) -> None:
    name = f"workshop.poll@{connection.id}"
    with kernel.db.write() as session:
        found = schedules.find(session, kernel, name)
        schedules.change(session, found, timing="1s")
    ticker = Ticker(kernel)
    ticker.start()
    try:
        ticker.look()
        assert ticker.alive()

        def fired() -> bool:
            with kernel.db.read() as session:
                return (session.scalar(sa.select(sa.func.count()).select_from(Firing)) or 0) >= 3

        assert eventually(fired, 20)
    finally:
        ticker.stop()
    # However often it fired: one job waits.
    assert len(jobs(kernel, "workshop.poll")) == 1


def test_a_schedule_is_changed_paused_and_run_now(
    kernel: Kernel, connection: ConnectionInfo
) -> None:
    name = f"workshop.poll@{connection.id}"
    with kernel.db.write() as session:
        schedules.change(session, schedules.find(session, kernel, name), timing="2h", paused=True)
        found = schedules.find(session, kernel, name)
        assert (found.timing.text, found.paused, found.active) == ("2h", True, False)
        assert schedules.fire_if_due(session, found) is None
        job = schedules.run_now(session, found)
        assert schedules.run_now(session, found) == job
        schedules.change(session, found, timing="", paused=False)
        assert schedules.find(session, kernel, name).timing.text == "15m"
        with pytest.raises(InputError, match="fortnight"):
            schedules.change(session, schedules.find(session, kernel, name), timing="fortnight")
        with pytest.raises(NotFound):
            schedules.find(session, kernel, name, company_id=connection.company_id + 1)


def test_five_failures_over_a_day_pause_a_schedule(
    kernel: Kernel, connection: ConnectionInfo
) -> None:
    name = f"workshop.poll@{connection.id}"
    with kernel.db.write() as session:
        job = schedules.run_now(session, schedules.find(session, kernel, name))
    for attempt in range(1, 6):
        with kernel.db.write() as session:
            session.execute(sa.update(Job).values(state="running", token=attempt))
            conclude(session, job, attempt, Outcome("failed", error="no luck"))
        with kernel.db.write() as session:
            row = session.get_one(Schedule, name)
            # Five within minutes are an outage, not a reason to give up.
            assert not (row.paused and attempt < 5)
            if attempt == 4:
                row.failing_since = clock.now() - timedelta(hours=25)

    with kernel.db.read() as session:
        found = schedules.find(session, kernel, name)
    assert found.paused
    assert "5 times in a row" in (found.paused_reason or "")


def planned_now(kernel: Kernel, name: str) -> Planned:
    """Return a schedule as it is now."""
    with kernel.db.read() as session:
        return schedules.find(session, kernel, name)


def test_what_was_paused_or_changed_since_it_was_read_does_not_fire(
    kernel: Kernel, connection: ConnectionInfo
) -> None:
    name = f"workshop.poll@{connection.id}"
    for change in ({"paused": True}, {"paused": False, "timing": "20m"}):
        read = replace(planned_now(kernel, name), paused=False)
        with kernel.db.write() as session:
            schedules.change(session, planned_now(kernel, name), **change)

        with kernel.db.write() as session:
            assert schedules.fire_if_due(session, read) is None

    with kernel.db.write() as session:
        assert schedules.fire_if_due(session, planned_now(kernel, name)) is not None


def test_of_two_persons_who_change_a_schedule_for_the_first_time_one_is_refused(
    kernel: Kernel, connection: ConnectionInfo
) -> None:
    read = planned_now(kernel, f"workshop.poll@{connection.id}")
    assert read.row_version == 0
    with kernel.db.write() as session:
        # That it has fired meanwhile is no change.
        assert schedules.fire_if_due(session, read) is not None
    with kernel.db.write() as session:
        schedules.change(session, read, timing="20m")

    with kernel.db.write() as session, pytest.raises(Conflict, match="Somebody else"):
        schedules.change(session, read, timing="30m")

    assert planned_now(kernel, read.name).timing.text == "20m"
