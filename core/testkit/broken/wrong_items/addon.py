"""Offers items that are none, wherever it is asked."""

from __future__ import annotations

from core.api import hookimpl


class Addon:
    """Offers numbers and texts where objects are asked for."""

    @hookimpl
    def connectors(self):
        """Offer what is none."""
        return [42, "no item", None]

    @hookimpl
    def reports(self):
        """Offer what is none."""
        return [42, "no item", None]

    @hookimpl
    def warehouse_providers(self):
        """Offer what is none."""
        return [42, "no item", None]

    @hookimpl
    def tax_regimes(self, session):
        """Offer what is none."""
        return [42, "no item", None]

    @hookimpl
    def menu_items(self):
        """Offer what is none."""
        return [42, "no item", None]

    @hookimpl
    def blueprints(self):
        """Offer what is none."""
        return [42, "no item", None]
