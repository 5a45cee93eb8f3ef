"""Workers killed at random: no job is lost, none has its effect twice, and it goes on soon."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.config import Config
from core.errors import LeaseLost
from core.kernel.job_models import Job
from core.kernel.jobs import JobContext
from core.kernel.jobs import claiming
from core.kernel.jobs import enqueue_many
from core.kernel.jobs import keeping
from core.kernel.jobs.ending import Outcome
from core.kernel.jobs.ending import conclude
from core.kernel.kernel import Kernel
from tests.kernel.jobs.working import effects
from tests.kernel.jobs.working import ended
from tests.kernel.jobs.working import eventually
from tests.kernel.jobs.working import get
from tests.kernel.jobs.working import put
from tests.kernel.jobs.working import start_worker
from tests.kernel.jobs.working import times

RESUME_SECONDS = 60


@dataclass
class Fleet:
    """Workers as real processes; one that was killed is started again."""

    config: Config
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    killed: list[int] = field(default_factory=list)
    orphaned: dict[tuple[int, int], float] = field(default_factory=dict)
    longest: float = 0.0

    def start(self) -> None:
        """Start one more."""
        self.workers.append(start_worker(self.config, 2))

    def kill_one(self) -> None:
        """Kill a worker, or the child of one, whatever it is doing."""
        worker = random.choice(self.workers)
        pid = random.choice([worker.pid, *children(worker.pid)])
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        self.killed.append(pid)
        if pid == worker.pid:
            worker.wait()
            self.workers.remove(worker)
            self.start()

    def watch(self, kernel: Kernel) -> None:
        """Measure how long jobs of killed workers wait until somebody has them again."""
        now = time.monotonic()
        with kernel.db.read() as session:
            query = sa.select(Job.id, Job.token, Job.worker).where(Job.state == "running")
            running = {(row.id, row.token): row.worker for row in session.execute(query)}
            gone = [key for key in self.orphaned if key not in running]
            tokens = sa.select(Job.id, Job.token, Job.state).where(
                Job.id.in_([job for job, _ in gone])
            )
            states = {row.id: (row.token, row.state) for row in session.execute(tokens)}
        for key, worker in running.items():
            if int(worker.split(":")[1]) in self.killed:
                self.orphaned.setdefault(key, now)
        for job, token in gone:
            if states[job][0] > token or states[job][1] == "done":
                since = self.orphaned.pop((job, token))
                self.longest = max(self.longest, now - since)


def children(pid: int) -> list[int]:
    """Return the child processes of a process."""
    found = []
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(each) for each in thread.read_text().split()]
    return found


@contextmanager
def fleet(config: Config, size: int = 2) -> Iterator[Fleet]:
    """Run some workers."""
    made = Fleet(config)
    for _ in range(size):
        made.start()
    try:
        yield made
    finally:
        for worker in made.workers:
            worker.kill()
            worker.wait()


def havoc(kernel: Kernel, config: Config, jobs: int, kills: int, pause: float) -> Fleet:
    """Let workers do jobs while they are killed at random, and return how that went."""
    effects(kernel, *range(jobs))
    with kernel.db.write() as session:
        batches = [{"key": key, "seconds": 0.05} for key in range(jobs)]
        enqueue_many(session, "workshop.effect", batches)

    def left() -> int:
        with kernel.db.read() as session:
            query = sa.select(sa.func.count()).where(Job.state.in_(("waiting", "running")))
            return session.scalar(query) or 0

    with fleet(config) as workers:
        assert eventually(lambda: left() < jobs, 120)
        kill_at = time.monotonic()
        deadline = time.monotonic() + 300 + jobs
        while (todo := left()) and time.monotonic() < deadline:
            workers.watch(kernel)
            # The kills are spread over the jobs, so that none comes when all is done.
            share = len(workers.killed) / kills < (jobs - todo) / jobs * 1.2
            if len(workers.killed) < kills and share and time.monotonic() >= kill_at:
                workers.kill_one()
                kill_at = time.monotonic() + pause
            time.sleep(0.2)
        assert left() == 0
    return workers


@pytest.mark.parametrize(
    ("jobs", "kills"), [(40, 3), pytest.param(5000, 300, marks=pytest.mark.soak)]
)
def test_killed_workers_lose_nothing_and_double_nothing(
    kernel: Kernel, config: Config, jobs: int, kills: int, record_property: Callable[..., None]
) -> None:
    workers = havoc(kernel, config, jobs, kills, 0.5)

    with kernel.db.read() as session:
        count = sa.select(Job.state, sa.func.count(), sa.func.sum(Job.losses)).group_by(Job.state)
        states = {row[0]: (row[1], row[2]) for row in session.execute(count)}
    happened = set(times(kernel).values())
    record_property("kills", len(workers.killed))
    record_property("longest", workers.longest)
    print(f"{len(workers.killed)} kills, {states}, resumed in {workers.longest:.1f} s at most")
    assert states.keys() == {"done"}
    assert happened == {1}
    assert workers.longest <= RESUME_SECONDS


def test_two_workers_share_the_queue(kernel: Kernel, config: Config) -> None:
    jobs = [put(kernel, "locked") for _ in range(1)] + [
        put(kernel, "effect", key=1, seconds=0.2) for _ in range(30)
    ]
    effects(kernel, 1)

    with fleet(config, 2):
        workers = {job.worker for job in ended(kernel, *jobs, seconds=120)}

    assert times(kernel) == {1: 30}
    assert len(workers) == 2


def freeze(kernel: Kernel, group: int) -> None:
    """Stop a worker between two transactions: in one it would keep the rows that others need."""
    for _ in range(100):
        os.killpg(group, signal.SIGSTOP)
        # What it sent just before may not have reached the server yet.
        time.sleep(0.3)
        if holds_nothing(kernel):
            return
        os.killpg(group, signal.SIGCONT)
        time.sleep(0.1)
    raise AssertionError("the worker is always in a transaction")


def holds_nothing(kernel: Kernel) -> bool:
    """Tell whether nobody else is in a transaction that writes."""
    if kernel.db.dialect == "postgresql":
        others = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        with kernel.db.read() as session:
            return session.scalar(sa.text(others)) == 0
    file = kernel.db.engine.url.database
    assert file is not None
    with contextlib.closing(sqlite3.connect(file, timeout=0.2)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
    return True


def test_a_frozen_worker_that_comes_back_is_refused(
    kernel: Kernel, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    effects(kernel, 1, 2)
    job = put(kernel, "slow_effect", begun=1, ended=2, seconds=4)

    with fleet(config, 1) as workers:
        frozen = workers.workers[0]
        assert eventually(lambda: times(kernel)[1] == 1, 120)
        freeze(kernel, frozen.pid)
        with kernel.db.write() as session:
            # As if the lease had run out; half a minute is too long for a test.
            session.execute(sa.update(Job).values(lease_until=sa.literal(None)))
            token = get_token(kernel, job)
            assert conclude(session, job, token, Outcome("lost", error="not heard of"))
        if kernel.db.dialect == "postgresql":
            with kernel.db.write() as session:
                session.execute(sa.text("DELETE FROM procrastinate_jobs WHERE status = 'doing'"))
        workers.start()
        assert eventually(lambda: get(kernel, job).token > token, 120)
        os.killpg(frozen.pid, signal.SIGCONT)
        (done,) = ended(kernel, job, seconds=120)
        time.sleep(2)

    # Begun by both, ended by the one that had the job.
    assert times(kernel) == {1: 2, 2: 1}
    assert (done.state, done.losses) == ("done", 1)


def get_token(kernel: Kernel, job: int) -> int:
    """Return the token of a job's present holder."""
    return get(kernel, job).token


def test_the_writes_of_a_former_holder_are_refused(kernel: Kernel) -> None:
    job = put(kernel, "answer")
    with kernel.db.write() as session:
        first = claiming.claim(session, job, "one", kernel.enabled)
        assert first is not None
    zombie = JobContext(kernel, job, first.task, {}, token=first.token)
    with kernel.db.write() as session:
        zombie.fence(session)
        conclude(session, job, first.token, Outcome("lost"))
        second = claiming.claim(session, job, "two", kernel.enabled)
        assert second is not None

    with kernel.db.write() as session:
        assert not conclude(session, job, first.token, Outcome("done"))
        with pytest.raises(LeaseLost):
            zombie.fence(session)
        with pytest.raises(LeaseLost):
            zombie.finish(session)
        assert claiming.renew(session, [first]).lost == {job}
        assert conclude(session, job, second.token, Outcome("done", result=[1]))
    assert get(kernel, job).result == [1]


def test_a_job_runs_again_when_its_lease_is_over_and_the_clock_was_not_set(
    kernel: Kernel,
) -> None:
    job = put(kernel, "answer")
    with kernel.db.write() as session:
        assert claiming.claim(session, job, "one", kernel.enabled)
    assert keeping.recover(kernel.db, keeping.Steady()) == 0

    with kernel.db.write() as session:
        over = claiming.moment(session, after=-1)
        session.execute(sa.update(Job).values(lease_until=over))
    doubtful = keeping.Steady()
    doubtful._jumped_at = time.monotonic()
    assert keeping.recover(kernel.db, doubtful) == 0
    assert keeping.recover(kernel.db, keeping.Steady()) == 1
    assert (get(kernel, job).state, get(kernel, job).losses) == ("waiting", 1)
