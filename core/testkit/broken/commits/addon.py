"""Commits its caller's session."""

from __future__ import annotations

from core.api import hookimpl


class Addon:
    """Fails in its hook."""

    @hookimpl
    def orders_imported(self, orders, session):
        """Fail."""
        session.commit()
