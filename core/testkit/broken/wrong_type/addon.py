"""Answers every hook with the wrong type."""

from __future__ import annotations

from core.api import hookimpl


class Addon:
    """Answers numbers where anything else is asked for."""

    @hookimpl
    def connectors(self):
        """Answer what is none."""
        return 42

    @hookimpl
    def connection_state_changed(self, connection, before, session):
        """Answer what is none."""
        return 42

    @hookimpl
    def entries_before_post(self, entries, session):
        """Answer what is none."""
        return 42

    @hookimpl
    def entries_posted(self, entries, session):
        """Answer what is none."""
        return 42

    @hookimpl
    def addon_enabled(self, addon, session):
        """Answer what is none."""
        return 42

    @hookimpl
    def addon_before_disable(self, addon, session):
        """Answer what is none."""
        return 42

    @hookimpl
    def addon_before_uninstall(self, addon, session):
        """Answer what is none."""
        return 42

    @hookimpl
    def addon_disabled(self, addon, session):
        """Answer what is none."""
        return 42

    @hookimpl
    def orders_imported(self, orders, connection, session):
        """Answer what is none."""
        return 42

    @hookimpl
    def warehouse_for_orders(self, orders, session):
        """Answer what is none."""
        return 42

    @hookimpl
    def reports(self):
        """Answer what is none."""
        return 42

    @hookimpl
    def export_row(self, row, report, session):
        """Answer what is none."""
        return 42

    @hookimpl
    def stock_moved(self, moves, session):
        """Answer what is none."""
        return 42

    @hookimpl
    def warehouse_providers(self):
        """Answer what is none."""
        return 42

    @hookimpl
    def tax_regimes(self, session):
        """Answer what is none."""
        return 42

    @hookimpl
    def menu_items(self):
        """Answer what is none."""
        return 42

    @hookimpl
    def blueprints(self):
        """Answer what is none."""
        return 42
