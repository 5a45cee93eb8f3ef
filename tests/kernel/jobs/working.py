"""Workers for tests: in this process, and as processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from core.config import ROOT
from core.config import Config
from core.kernel.job_models import Job
from core.kernel.jobs import enqueue
from core.kernel.jobs.node import Node
from core.kernel.kernel import Kernel


@contextmanager
def working(kernel: Kernel, processes: int = 1) -> Iterator[Node]:
    """Run a worker in a thread of this process; its jobs run in children as always."""
    node = Node(kernel, processes)
    thread = threading.Thread(target=node.run)
    thread.start()
    try:
        yield node
    finally:
        node.stopping.set()
        thread.join(60)


def start_worker(config: Config, processes: int = 2) -> subprocess.Popen[bytes]:
    """Start `entrepot worker`, as a process group of its own."""
    environment = {
        **os.environ,
        "ENTREPOT_INSTANCE": str(config.instance),
        "ENTREPOT_DATABASE_URL": config.database_url,
        "ENTREPOT_ADDONS_PATH": os.pathsep.join(map(str, config.addon_paths)),
    }
    command = [sys.executable, "-m", "core.cli", "worker", "--processes", str(processes)]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL, start_new_session=True
    )


def put(kernel: Kernel, task: str, **args: Any) -> int:
    """Enqueue a job of the workshop."""
    with kernel.db.write() as session:
        job = enqueue(session, f"workshop.{task}", args)
    assert job is not None
    return job


def get(kernel: Kernel, job: int) -> Job:
    """Return a job as it is now."""
    with kernel.db.read() as session:
        return session.get_one(Job, job)


def eventually(condition: Callable[[], Any], seconds: float = 150.0) -> bool:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False


def ended(kernel: Kernel, *jobs: int, seconds: float = 150.0) -> list[Job]:
    """Wait until jobs have ended, and return them."""

    def over() -> bool:
        return all(get(kernel, job).state in ("done", "dead", "cancelled") for job in jobs)

    assert eventually(over, seconds), [
        (get(kernel, job).state, get(kernel, job).error) for job in jobs
    ]
    return [get(kernel, job) for job in jobs]


def effects(kernel: Kernel, *keys: int) -> None:
    """Prepare counters of effects."""
    with kernel.db.write() as session:
        rows = [{"id": key} for key in keys]
        session.execute(sa.text("INSERT INTO workshop__effect (id, times) VALUES (:id, 0)"), rows)


def times(kernel: Kernel) -> dict[int, int]:
    """Return how often each effect happened."""
    with kernel.db.read() as session:
        found = session.execute(sa.text("SELECT id, times FROM workshop__effect")).all()
        return {row.id: row.times for row in found}
