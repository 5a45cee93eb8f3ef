"""The own warehouse: where orders go by default, and what keeps it from being switched off."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.api import ProviderKind
from core.api import Veto
from core.api import default_warehouses
from core.api import open_reservations

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.api import RoutedOrder

CODE = "own_warehouse"


@dataclass(frozen=True, slots=True)
class OwnWarehouse:
    """The provider of warehouses that the seller runs himself."""

    code: str = CODE
    title: str = "Own warehouse"
    kind: ProviderKind = "own"
    inventory_account: str = "1300"
    can_reserve: bool = True


def route(orders: Sequence[RoutedOrder], session: Session) -> Mapping[int, int] | None:
    """Send each order to its company's oldest own warehouse; None leaves all to the core."""
    defaults = default_warehouses(session, CODE, {order.company_id for order in orders})
    routed = {o.id: defaults[o.company_id] for o in orders if o.company_id in defaults}
    return routed or None


def refuse_while_promised(session: Session) -> None:
    """Keep the addon enabled while goods in its warehouses are promised to orders.

    Raises: Veto saying how many promises are open and what to do.
    """
    count = open_reservations(session, CODE)
    if count:
        promises = "1 reservation is" if count == 1 else f"{count} reservations are"
        raise Veto(
            f"{promises} still open in own warehouses, and nobody would send those goods.",
            hint="Ship or cancel their orders, then disable the addon again.",
        )
