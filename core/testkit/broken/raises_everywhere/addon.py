"""Raises in every hook."""

from __future__ import annotations

from core.api import hookimpl


class Addon:
    """Raises whatever it is asked."""

    @hookimpl
    def connectors(self):
        """Fail."""
        raise RuntimeError("raised on purpose")

    @hookimpl
    def connection_state_changed(self, connection, before, session):
        """Fail."""
        raise RuntimeError("raised on purpose")

    @hookimpl
    def entries_before_post(self, entries, session):
        """Fail."""
        raise RuntimeError("raised on purpose")

    @hookimpl
    def entries_posted(self, entries, session):
        """Fail."""
        raise RuntimeError("raised on purpose")

    @hookimpl
    def addon_enabled(self, addon, session):
        """Fail."""
        raise RuntimeError("raised on purpose")

    @hookimpl
    def addon_before_disable(self, addon, session):
        """Fail."""
        raise RuntimeError("raised on purpose")

    @hookimpl
    def addon_before_uninstall(self, addon, session):
        """Fail."""
        raise RuntimeError("raised on purpose")

    @hookimpl
    def addon_disabled(self, addon, session):
        """Fail."""
        raise RuntimeError("raised on purpose")

    @hookimpl
    def orders_imported(self, orders, connection, session):
        """Fail."""
        raise RuntimeError("raised on purpose")

    @hookimpl
    def warehouse_for_orders(self, orders, session):
        """Fail."""
        raise RuntimeError("raised on purpose")

    @hookimpl
    def reports(self):
        """Fail."""
        raise RuntimeError("raised on purpose")

    @hookimpl
    def export_row(self, row, report, session):
        """Fail."""
        raise RuntimeError("raised on purpose")

    @hookimpl
    def stock_moved(self, moves, session):
        """Fail."""
        raise RuntimeError("raised on purpose")

    @hookimpl
    def warehouse_providers(self):
        """Fail."""
        raise RuntimeError("raised on purpose")

    @hookimpl
    def tax_regimes(self, session):
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
