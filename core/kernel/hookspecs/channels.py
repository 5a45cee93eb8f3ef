"""Hooks around sales channels and their connections."""

from __future__ import annotations

from collections.abc import Sequence

from core.kernel.hookspecs import hookspec


@hookspec(kind="collect")
def connectors() -> Sequence[object]:
    """Offer connectors to platforms; a connection names the addon whose connector serves it."""
    raise NotImplementedError
