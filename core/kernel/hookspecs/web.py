"""Hooks around pages."""

from __future__ import annotations

from collections.abc import Sequence

from core.kernel.hookspecs import hookspec


@hookspec(kind="collect")
def menu_items() -> Sequence[object]:
    """Offer entries of the main menu; they vanish while the addon is disabled."""
    raise NotImplementedError


@hookspec(kind="collect")
def blueprints() -> Sequence[object]:
    """Offer the addon's `AddonBlueprint`s.

    They are registered at start for every installed addon; the gate in front of the application
    answers 404 for them while the addon is not enabled.
    """
    raise NotImplementedError
