"""Wants to run around all others, which would put it beyond the error policies."""

from core.api import hookimpl


class Addon:
    """An addon with a wrapper."""

    @hookimpl(wrapper=True)
    def orders_imported(self):
        return (yield)
