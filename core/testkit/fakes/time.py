"""One clock for all simulated marketplaces of a test."""

from __future__ import annotations

from datetime import datetime
from datetime import timedelta

from core import clock


class FakeClock:
    """Entrepot's own clock, moved by as much as a test says; days may pass in no time."""

    def __init__(self) -> None:
        self._moved = timedelta()

    def now(self) -> datetime:
        """Return the present moment of the simulation."""
        return clock.now() + self._moved

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        self._moved += by


def text_of(at: datetime) -> str:
    """Return a moment as the platforms write it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
