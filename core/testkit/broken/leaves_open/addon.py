"""Leaves a transaction open."""

from __future__ import annotations

from core.api import hookimpl


class Addon:
    """Fails in its hook."""

    @hookimpl
    def orders_imported(self, orders, session):
        """Fail."""
        session.begin_nested()
        raise RuntimeError("its savepoint is still open")
