"""Which addon runs now, and which addons this unit of work sees as enabled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# Our own variables rather than Flask's `g`: jobs and commands have no Flask context.
_addon: ContextVar[str | None] = ContextVar("entrepot_addon", default=None)
_enabled: ContextVar[frozenset[str] | None] = ContextVar("entrepot_enabled", default=None)


def current_addon() -> str | None:
    """Return the name of the addon whose code runs now, or None for core code."""
    return _addon.get()


def enabled_snapshot() -> frozenset[str] | None:
    """Return the enabled set that the present request or job froze at its start."""
    return _enabled.get()


class RunningAddon:
    """A block whose code runs on behalf of an addon; a class, for every call of a hook makes one.

    A generator under `contextmanager` takes three times as long.
    """

    __slots__ = ("_name", "_token")

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        """Mark the addon as running."""
        self._token = _addon.set(self._name)

    def __exit__(self, *_: object) -> None:
        """Mark as running what ran before."""
        _addon.reset(self._token)


def running_addon(name: str) -> RunningAddon:
    """Mark the code inside the block as running on behalf of an addon."""
    return RunningAddon(name)


@contextmanager
def frozen_enabled(enabled: frozenset[str]) -> Iterator[None]:
    """Let the code inside the block see one enabled set, whatever is toggled meanwhile."""
    token = _enabled.set(enabled)
    try:
        yield
    finally:
        _enabled.reset(token)
