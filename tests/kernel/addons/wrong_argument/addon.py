"""Asks for an argument that the hook does not have."""

from core.api import hookimpl


class Addon:
    """An addon with a typing mistake."""

    @hookimpl
    def orders_imported(self, order):
        """Never called."""
