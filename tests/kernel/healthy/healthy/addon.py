"""Counts every call of every hook."""

from __future__ import annotations

from collections import Counter

from core.api import AddonBlueprint
from core.testkit.broken.hooking import addon_with

pages = AddonBlueprint("healthy", __name__)
told = Counter()


@pages.get("/")
def page() -> str:
    """Show a page."""
    return "healthy"


def count(addon, name, arguments):
    """Count, and answer what is right."""
    told[name] += 1
    if name == "blueprints":
        return [pages]
    return {**arguments["row"], "healthy": 1} if name == "export_row" else None


Addon = addon_with(count)
Addon.told = told
