"""What the addon offers to the kernel."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING

from addons.own_warehouse.provider import CODE
from addons.own_warehouse.provider import OwnWarehouse
from addons.own_warehouse.provider import refuse_while_promised
from addons.own_warehouse.provider import route
from core.api import WarehouseProvider
from core.api import hookimpl

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.api import RoutedOrder


class Addon:
    """Own warehouses."""

    @hookimpl
    def warehouse_providers(self) -> Sequence[WarehouseProvider]:
        """Offer the own warehouse."""
        return [OwnWarehouse()]

    @hookimpl
    def warehouse_for_orders(
        self, orders: Sequence[RoutedOrder], session: Session
    ) -> Mapping[int, int] | None:
        """Send orders to the company's oldest own warehouse."""
        return route(orders, session)

    @hookimpl
    def addon_before_disable(self, addon: str, session: Session) -> None:
        """Refuse our own disabling while goods are promised."""
        if addon == CODE:
            refuse_while_promised(session)
