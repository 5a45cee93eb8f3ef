"""Implements a hook that does not exist."""

from core.api import hookimpl


class Addon:
    """An addon with a typing mistake."""

    @hookimpl
    def orders_imporded(self, orders):
        """Never called."""
