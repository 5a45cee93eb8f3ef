"""Hooks around orders that come in from channels."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.kernel.hookspecs import hookspec

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.kernel.connections import ConnectionInfo


@hookspec(kind="observe")
def orders_imported(orders: Sequence[object], connection: ConnectionInfo, session: Session) -> None:
    """After a batch of channel orders was stored, before the commit.

    Write rows of your own tables here. No network: enqueue a job for anything that leaves the
    house. `orders` are frozen copies in the order they were applied.
    """


@hookspec(kind="resolve", answer=Mapping)
def warehouse_for_orders(orders: Sequence[object], session: Session) -> Mapping[int, int] | None:
    """Choose the warehouse of each order of the batch: order id to warehouse id.

    Return None to leave the choice to the core, which takes the default warehouse of the shop.
    Two addons that both answer are an error, so that no order is routed twice.
    """
