"""Records what it is told and does what the test says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.api import hookimpl


class Addon:
    """An addon whose hooks call `act`, a function that the test sets."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []
        self.act: Callable[..., Any] = lambda *_: None

    @hookimpl
    def orders_imported(self, orders, session):
        self.told.append(("orders_imported", orders))
        return self.act(session)

    @hookimpl
    def entries_before_post(self, entries, session):
        self.told.append(("entries_before_post", entries))
        return self.act(session)

    @hookimpl
    def warehouse_for_orders(self, orders, session):
        return self.act(session)

    @hookimpl
    def reports(self):
        return self.act()

    @hookimpl
    def tax_regimes(self, session):
        return self.act(session)

    @hookimpl
    def export_row(self, row, report, session):
        return self.act(session, row)

    @hookimpl
    def addon_enabled(self, addon):
        self.told.append(("addon_enabled", addon))

    @hookimpl
    def addon_disabled(self, addon):
        self.told.append(("addon_disabled", addon))

    @hookimpl
    def addon_before_uninstall(self, addon, session):
        self.told.append(("addon_before_uninstall", addon))
        return self.act(session)

    @hookimpl
    def addon_before_disable(self, addon, session):
        self.told.append(("addon_before_disable", addon))
        return self.act(session)
