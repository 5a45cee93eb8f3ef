"""Nothing but tables and records."""

from __future__ import annotations

from addons.staged import models  # noqa: F401 - declares the tables

from core.api import hookimpl


class Addon:
    """Takes part in one hook."""

    @hookimpl
    def orders_imported(self, orders):
        """Do nothing."""
