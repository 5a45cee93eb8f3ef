"""Has no tables and decides no taxes; its hooks call `act`, a function that the test sets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.api import AddonBlueprint
from core.api import hookimpl

pages = AddonBlueprint("faulty", __name__)


@pages.get("/page")
def page() -> str:
    """Show a page."""
    return "here"


class Addon:
    """An addon that may be taken out of service."""

    act: Callable[..., Any] = staticmethod(lambda *_: None)

    @hookimpl
    def orders_imported(self, orders, session):
        return self.act(session)

    @hookimpl
    def blueprints(self):
        return [pages]
