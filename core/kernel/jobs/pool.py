"""Child processes that run jobs, each supervised by the thread that gave it its job."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from queue import Empty
from queue import LifoQueue
from queue import SimpleQueue
from typing import Any

from core.config import ROOT
from core.kernel.jobs.claiming import Claim
from core.kernel.jobs.ending import Outcome

log = logging.getLogger(__name__)

START_SECONDS = 120.0
# A child that says nothing for so long is stopped, or stuck in code that lets no thread run.
SILENT_SECONDS = 60.0
STOP_SECONDS = 10.0
PAUSE_SECONDS = 2.0
MAX_JOBS = 500


@dataclass
class Attempt:
    """A job in hand: what its child has told, and what others want of it."""

    claim: Claim
    deadline: float
    progress: tuple[int, int | None, str] | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)
    lost: threading.Event = field(default_factory=threading.Event)
    renewed: threading.Event = field(default_factory=threading.Event)


class ChildDied(Exception):
    """The child process has ended without a word."""


class Child:
    """A process that runs one job after the other."""

    def __init__(self, environment: Mapping[str, str], held: Sequence[int] = ()) -> None:
        ours, theirs = Pipe()
        command = [sys.executable, "-m", "core.kernel.jobs.child", str(theirs.fileno())]
        with theirs:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=dict(environment),
                pass_fds=[theirs.fileno(), *held],
                stdin=subprocess.DEVNULL,
            )
        self._pipe: Connection = ours
        self.jobs = 0
        self.spent = False
        self._heard_at = time.monotonic()
        self.ready = False

    def run(self, attempt: Attempt, stopping: threading.Event, grace: float) -> Outcome | None:
        """Have a job run; None when it belongs to another worker by now."""
        try:
            self.await_ready(stopping)
            attempt.deadline += time.monotonic()
            self._say(run=asdict(attempt.claim))
            self.jobs += 1
            return self._watch(attempt, stopping, grace)
        except (ChildDied, OSError, EOFError):
            self.kill()
            if stopping.is_set() or not self.ready:
                return Outcome("released")
            return Outcome("lost", error=f"Its process ended{self._how()}.")

    def kill(self) -> None:
        """End the process at once."""
        self.spent = True
        self.process.kill()
        self.process.wait()
        self._pipe.close()

    @property
    def usable(self) -> bool:
        """Say whether another job may be given to it."""
        return not self.spent and self.jobs < MAX_JOBS and self.process.poll() is None

    def await_ready(self, stopping: threading.Event) -> None:
        """Wait until the process can run jobs.

        Raises: ChildDied, OSError or EOFError.
        """
        deadline = time.monotonic() + START_SECONDS
        while not self.ready:
            if stopping.is_set() or time.monotonic() > deadline:
                raise ChildDied
            self._hear(None)

    def _watch(self, attempt: Attempt, stopping: threading.Event, grace: float) -> Outcome | None:
        asked_at: float | None = None
        self._heard_at = time.monotonic()
        while True:
            ended = self._hear(attempt)
            if ended is not None:
                return ended
            now = time.monotonic()
            if attempt.renewed.is_set():
                attempt.renewed.clear()
                self._say(renewed=attempt.claim.id)
            if attempt.lost.is_set():
                self.kill()
                return None
            wanted = attempt.cancelled.is_set() or stopping.is_set()
            if wanted and asked_at is None:
                asked_at = now
                if attempt.cancelled.is_set():
                    self._say(stop=attempt.claim.id)
            overdue = self._overdue(attempt, now, asked_at, grace)
            if overdue is not None:
                self.kill()
                return overdue

    def _overdue(
        self, attempt: Attempt, now: float, asked_at: float | None, grace: float
    ) -> Outcome | None:
        """Say how the attempt ends whose child is to be killed now, or None."""
        if attempt.cancelled.is_set() and asked_at is not None and now - asked_at > STOP_SECONDS:
            return Outcome("cancelled")
        if asked_at is not None and not attempt.cancelled.is_set() and now - asked_at > grace:
            return Outcome("released")
        if now > attempt.deadline:
            said = "It took longer than its task allows, and was stopped."
            return Outcome("failed", error=said, overdue=True)
        if now - self._heard_at > SILENT_SECONDS:
            return Outcome("lost", error="Its process was stuck, and was killed.")
        return None

    def _hear(self, attempt: Attempt | None) -> Outcome | None:
        """Take one message of the child, if there is one soon; return the end of the attempt."""
        if not self._pipe.poll(0.25):
            return None
        message: dict[str, Any] = json.loads(self._pipe.recv_bytes())
        self._heard_at = time.monotonic()
        self.ready = True
        if "progress" in message and attempt is not None:
            done, total, text = message["progress"]
            attempt.progress = (done, total, text)
        if "ended" not in message:
            return None
        self.spent = self.spent or message["spent"]
        return Outcome(**message["ended"])

    def _say(self, **message: Any) -> None:
        self._pipe.send_bytes(json.dumps(message).encode())

    def _how(self) -> str:
        code = self.process.returncode
        if code is None or code >= 0:
            return f" with {code}"
        return f" by {signal.Signals(-code).name}"


class Pool:
    """The children that are idle: one for each job that may run at a time, ready beforehand.

    Whoever takes a job must not then wait for a process to start: another worker has one.
    `held` are descriptors that every child inherits.
    """

    def __init__(self, environment: Mapping[str, str], held: Sequence[int] = ()) -> None:
        self._environment = {**os.environ, **environment}
        self._held = held
        self._idle: LifoQueue[Child] = LifoQueue()
        self._spent: SimpleQueue[None] = SimpleQueue()

    def add(self, stopping: threading.Event) -> None:
        """Start a child and wait until it is ready; tried again until that goes, or we end."""
        while not stopping.is_set():
            try:
                child = Child(self._environment, self._held)
            except OSError:
                log.exception("no process could be started")
                stopping.wait(PAUSE_SECONDS)
                continue
            try:
                child.await_ready(stopping)
            except (ChildDied, OSError, EOFError):
                child.kill()
                stopping.wait(PAUSE_SECONDS)
                continue
            self._idle.put(child)
            return

    def take(self) -> Child:
        """Return a child that nobody else uses."""
        while True:
            try:
                child = self._idle.get_nowait()
            except Empty:
                return Child(self._environment, self._held)
            if child.usable:
                return child
            child.kill()

    def give_back(self, child: Child) -> None:
        """Keep a child for the next job, unless it is spent."""
        if child.usable:
            self._idle.put(child)
        else:
            child.kill()
            self._spent.put(None)

    def replace_spent(self, stopping: threading.Event) -> None:
        """Start a child in the place of each that was given back spent."""
        with suppress(Empty):
            while True:
                self._spent.get_nowait()
                self.add(stopping)

    def close(self) -> None:
        """End the children that are idle."""
        while not self._idle.empty():
            self._idle.get().kill()
