"""Ends the process in its hook."""

from __future__ import annotations

import sys

from core.api import hookimpl


class Addon:
    """Fails in its hook."""

    @hookimpl
    def orders_imported(self, orders, session):
        """Fail."""
        sys.exit(3)
