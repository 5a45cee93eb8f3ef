"""Answers with the wrong type."""

from __future__ import annotations

from core.api import hookimpl


class Addon:
    """Offers numbers where lists are asked for."""

    @hookimpl
    def reports(self):
        """Offer what is no list."""
        return 42

    @hookimpl
    def blueprints(self):
        """Offer what is no blueprint."""
        return ["no blueprint"]
