"""Web server and worker as child processes of one command, restarted when they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from types import FrameType

from core.bootstrap import web_command
from core.config import ROOT
from core.config import Config

POLL_SECONDS = 0.5
# A child that ends sooner than this did not start at all: its port is taken, for example.
STARTED_AFTER_SECONDS = 5.0
GRACE_SECONDS = 35.0


class Child:
    """A process that is started again whenever it ends."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.command = command
        self.environment = environment
        self.start()

    def start(self) -> None:
        """Start the process."""
        self.since = time.monotonic()
        self.process = subprocess.Popen(self.command, cwd=ROOT, env=self.environment)

    def failed_at_start(self) -> bool:
        """Say whether the process ended before it can have been of use."""
        early = time.monotonic() - self.since < STARTED_AFTER_SECONDS
        return self.process.poll() not in (None, 0) and early

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
    environment = _environment(config)
    worker = [sys.executable, "-m", "core.cli", "worker"]
    children = [Child(web_command(config), environment), Child(worker, environment)]
    try:
        while not stopping:
            for child in children:
                if child.failed_at_start():
                    return 1
                if child.process.poll() is not None:
                    child.start()
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
