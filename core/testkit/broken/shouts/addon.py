"""Fails with a message of ten megabytes."""

from __future__ import annotations

from core.api import hookimpl


class Addon:
    """Fails in its hook."""

    @hookimpl
    def orders_imported(self, orders, session):
        """Fail."""
        raise RuntimeError("x" * 10_000_000)
