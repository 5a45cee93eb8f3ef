"""Fills the log and fails with a message of ten megabytes."""

from __future__ import annotations

import logging

from core.api import hookimpl

log = logging.getLogger(__name__)


class Addon:
    """Fails in its hook."""

    shouted = False

    @hookimpl
    def orders_imported(self, orders, session):
        """Write a hundred megabytes once, in lines of one, and fail."""
        for _ in range(0 if self.shouted else 100):
            log.warning("x" * 1_000_000)
        self.shouted = True
        raise RuntimeError("x" * 10_000_000)
