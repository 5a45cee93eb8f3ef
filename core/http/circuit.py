"""A host that has not answered several times in a row is left alone for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from core.errors import Unavailable

FAILURES = 5
REST_SECONDS = 30.0


class Circuit:
    """The silent hosts, as far as this process knows."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._failures: dict[str, int] = {}
        self._resting: dict[str, float] = {}

    def check(self, host: str) -> None:
        """Stop while a host rests; after that one request may try it.

        Raises: Unavailable.
        """
        with self._lock:
            until = self._resting.get(host)
            if until is None:
                return
            if self._now() < until:
                raise Unavailable(
                    f"{host} did not answer {FAILURES} times in a row and is left alone for"
                    f" {until - self._now():.0f} seconds more."
                )
            # The next one asks; the others wait for what he finds.
            self._resting[host] = self._now() + REST_SECONDS

    def answered(self, host: str) -> None:
        """Note that a host has answered, whatever it said."""
        with self._lock:
            self._failures.pop(host, None)
            self._resting.pop(host, None)

    def silent(self, host: str) -> None:
        """Note that a host has not answered."""
        with self._lock:
            self._failures[host] = self._failures.get(host, 0) + 1
            if self._failures[host] >= FAILURES:
                self._resting[host] = self._now() + REST_SECONDS


circuit = Circuit()
