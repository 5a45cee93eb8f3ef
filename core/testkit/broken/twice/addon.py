"""Offers two blueprints under one name, and with them the same address twice."""

from __future__ import annotations

from core.api import AddonBlueprint
from core.api import hookimpl

first = AddonBlueprint("twice", __name__)
second = AddonBlueprint("twice", __name__)


@first.get("/")
def page() -> str:
    """Show a page."""
    return "first"


@second.get("/")
def other() -> str:
    """Show another."""
    return "second"


class Addon:
    """An addon of whose blueprints only one can be registered."""

    @hookimpl
    def blueprints(self):
        """Offer both."""
        return [first, second]
