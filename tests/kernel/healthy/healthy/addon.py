"""Counts every call of every hook."""

from __future__ import annotations

from collections import Counter

from core.api import AddonBlueprint
from core.api import hookimpl

pages = AddonBlueprint("healthy", __name__)


@pages.get("/")
def page() -> str:
    """Show a page."""
    return "healthy"


class Addon:
    """An addon that must not suffer from others."""

    def __init__(self):
        """Begin to count."""
        self.told = Counter()

    @hookimpl
    def connectors(self):
        """Count."""
        self.told["connectors"] += 1
        return []

    @hookimpl
    def connection_state_changed(self, connection, before, session):
        """Count."""
        self.told["connection_state_changed"] += 1

    @hookimpl
    def entries_before_post(self, entries, session):
        """Count."""
        self.told["entries_before_post"] += 1

    @hookimpl
    def entries_posted(self, entries, session):
        """Count."""
        self.told["entries_posted"] += 1

    @hookimpl
    def addon_enabled(self, addon, session):
        """Count."""
        self.told["addon_enabled"] += 1

    @hookimpl
    def addon_before_disable(self, addon, session):
        """Count."""
        self.told["addon_before_disable"] += 1

    @hookimpl
    def addon_before_uninstall(self, addon, session):
        """Count."""
        self.told["addon_before_uninstall"] += 1

    @hookimpl
    def addon_disabled(self, addon, session):
        """Count."""
        self.told["addon_disabled"] += 1

    @hookimpl
    def orders_imported(self, orders, connection, session):
        """Count."""
        self.told["orders_imported"] += 1

    @hookimpl
    def warehouse_for_orders(self, orders, session):
        """Count."""
        self.told["warehouse_for_orders"] += 1

    @hookimpl
    def reports(self):
        """Count."""
        self.told["reports"] += 1
        return []

    @hookimpl
    def export_row(self, row, report, session):
        """Count."""
        self.told["export_row"] += 1
        return {**row, "healthy": 1}

    @hookimpl
    def stock_moved(self, moves, session):
        """Count."""
        self.told["stock_moved"] += 1

    @hookimpl
    def warehouse_providers(self):
        """Count."""
        self.told["warehouse_providers"] += 1
        return []

    @hookimpl
    def tax_regimes(self, session):
        """Count."""
        self.told["tax_regimes"] += 1
        return []

    @hookimpl
    def menu_items(self):
        """Count."""
        self.told["menu_items"] += 1
        return []

    @hookimpl
    def blueprints(self):
        """Count."""
        self.told["blueprints"] += 1
        return [pages]
