"""Web server and worker as child processes of one command, restarted when they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from types import FrameType

from core.bootstrap import web_command
from core.config import ROOT
from core.config import Config

POLL_SECONDS = 0.5
# A child that ends sooner than this did not start at all: its port is taken, for example.
STARTED_AFTER_SECONDS = 5.0
LONGEST_PAUSE = 30.0
GRACE_SECONDS = 35.0


class Child:
    """A process that is started again whenever it ends, after a pause when it failed at once."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.command = command
        self.environment = environment
        self.failures = 0
        self.start()

    def start(self) -> None:
        """Start the process."""
        self.since = time.monotonic()
        self.ended_at: float | None = None
        self.process = subprocess.Popen(self.command, cwd=ROOT, env=self.environment)

    def look(self) -> None:
        """Start the process again when it has ended, and the pause that it has earned is over."""
        now = time.monotonic()
        lived = now - self.since >= STARTED_AFTER_SECONDS
        if self.process.poll() is None:
            if lived:
                self.failures = 0
            return
        if self.ended_at is None:
            self.ended_at = now
            early = self.process.returncode != 0 and not lived
            self.failures = self.failures + 1 if early else 0
        if now - self.ended_at >= self.pause:
            self.start()

    @property
    def pause(self) -> float:
        """Return how many seconds to wait before the next start: 1, 2, 4 … after failed ones."""
        return min(2.0 ** (self.failures - 1), LONGEST_PAUSE) if self.failures else 0.0

    def stop(self, deadline: float) -> None:
        """End the process, politely first."""
        self.process.terminate()
        try:
            self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def supervise(config: Config) -> int:
    """Run web server and worker until told to stop; return the exit code."""
    stopping: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        stopping.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    worker = [sys.executable, "-m", "core.cli", "worker"]
    return watch(web_command(config), worker, _environment(config), lambda: bool(stopping))


def watch(
    web: list[str], worker: list[str], environment: dict[str, str], stopped: Callable[[], bool]
) -> int:
    """Keep both running; 1 when the web server cannot be started in the first place.

    A worker that does not start must not take the pages with it: they say that nobody works.
    """
    server = Child(web, environment)
    children = [server, Child(worker, environment)]
    served = False
    try:
        while not stopped():
            for child in children:
                child.look()
            if server.failures and not served:
                return 1
            served = served or time.monotonic() - server.since >= STARTED_AFTER_SECONDS
            time.sleep(POLL_SECONDS)
    finally:
        deadline = time.monotonic() + GRACE_SECONDS
        for child in children:
            child.stop(deadline)
    return 0


def _environment(config: Config) -> dict[str, str]:
    """Hand the children the same instance and database as ours."""
    return {
        **os.environ,
        "ENTREPOT_INSTANCE": str(config.instance),
        "ENTREPOT_DATABASE_URL": config.database_url,
    }
