"""Counts how often it is told of orders."""

from __future__ import annotations

from core.api import AddonBlueprint
from core.api import hookimpl

pages = AddonBlueprint("healthy", __name__)


@pages.get("/")
def page() -> str:
    """Show a page."""
    return "healthy"


class Addon:
    """An addon that must not suffer from others."""

    told = 0

    @hookimpl
    def orders_imported(self, orders, session):
        """Count."""
        self.told += 1

    @hookimpl
    def blueprints(self):
        """Offer the page."""
        return [pages]
