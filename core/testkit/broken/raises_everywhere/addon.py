"""Raises in every hook."""

from __future__ import annotations

from core.api import hookimpl


class Addon:
    """Raises whatever it is asked."""

    @hookimpl
    def orders_imported(self, orders, session):
        """Fail."""
        raise RuntimeError("raised on purpose")

    @hookimpl
    def reports(self):
        """Fail."""
        raise RuntimeError("raised on purpose")

    @hookimpl
    def menu_items(self):
        """Fail."""
        raise RuntimeError("raised on purpose")

    @hookimpl
    def blueprints(self):
        """Fail."""
        raise RuntimeError("raised on purpose")
