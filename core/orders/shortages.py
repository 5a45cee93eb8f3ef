"""What short orders lack, and where else it lies, so that somebody can move it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import Sku
from core.db import any_of
from core.errors import NotFound
from core.orders.models import OrderLine
from core.stock.models import Level
from core.stock.models import Reservation
from core.stock.models import Warehouse
from core.stock.warehouses import TRANSIT
from core.warehousing.models import Transfer
from core.warehousing.transferring import plan_transfer

SELLABLE = "sellable"


@dataclass(frozen=True, slots=True)
class Shortage:
    """A SKU that an order lacks at the warehouse where it waits; `elsewhere` is free by code."""

    sku_id: int
    sku: str
    missing: int
    warehouse: str
    elsewhere: Mapping[str, int]


def shortages(
    session: Session, company_id: int, order_ids: Sequence[int]
) -> dict[int, list[Shortage]]:
    """Return what each of some orders lacks; two queries."""
    query = (
        sa.select(
            OrderLine.order_id,
            Sku.id,
            Sku.code,
            Warehouse.code,
            sa.cast(sa.func.sum(Reservation.short_quantity), sa.BigInteger),
        )
        .join(
            Reservation,
            (Reservation.company_id == OrderLine.company_id)
            & (Reservation.line_id == OrderLine.id),
        )
        .join(
            Level, (Level.company_id == OrderLine.company_id) & (Level.id == Reservation.level_id)
        )
        .join(Sku, (Sku.company_id == OrderLine.company_id) & (Sku.id == Level.sku_id))
        .join(
            Warehouse,
            (Warehouse.company_id == OrderLine.company_id) & (Warehouse.id == Level.warehouse_id),
        )
        .where(
            OrderLine.company_id == company_id,
            any_of(session, OrderLine.order_id, list(order_ids)),
            Reservation.short_quantity > 0,
        )
        .group_by(OrderLine.order_id, Sku.id, Sku.code, Warehouse.code)
        .order_by(OrderLine.order_id, Sku.code, Warehouse.code)
    )
    rows = session.execute(query).all()
    free = _free(session, company_id, sorted({row[1] for row in rows}))
    found: dict[int, list[Shortage]] = defaultdict(list)
    for order_id, sku_id, code, warehouse, missing in rows:
        places = {place: units for place, units in free[sku_id].items() if place != warehouse}
        found[order_id].append(Shortage(sku_id, code, int(missing), warehouse, places))
    return found


def transfer_lacking(
    session: Session, company_id: int, order_id: int, sku: str, origin: str, *, actor: str
) -> Transfer:
    """Write down a transfer of what an order lacks of a SKU, from a warehouse where it is free.

    Raises: NotFound where it lacks nothing of it, or nothing is free there.
    """
    lacking = shortages(session, company_id, [order_id]).get(order_id, [])
    one = next((each for each in lacking if each.sku == sku), None)
    if one is None or origin not in one.elsewhere:
        raise NotFound(f"The order lacks no {sku!r} that is free in {origin!r}.")
    goods = {sku: min(one.missing, one.elsewhere[origin])}
    return plan_transfer(session, company_id, origin, one.warehouse, goods, actor=actor)


def _free(
    session: Session, company_id: int, sku_ids: Sequence[int]
) -> defaultdict[int, dict[str, int]]:
    units = sa.cast(sa.func.sum(Level.on_hand - Level.reserved), sa.BigInteger)
    query = (
        sa.select(Level.sku_id, Warehouse.code, units)
        .join(
            Warehouse,
            (Warehouse.company_id == Level.company_id) & (Warehouse.id == Level.warehouse_id),
        )
        .where(
            Level.company_id == company_id,
            any_of(session, Level.sku_id, sku_ids),
            Level.condition == SELLABLE,
            Warehouse.kind != TRANSIT,
            Warehouse.archived_at.is_(None),
        )
        .group_by(Level.sku_id, Warehouse.code)
        .having(units > 0)
        .order_by(Warehouse.code)
    )
    found: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for sku_id, code, number in session.execute(query):
        found[sku_id][code] = int(number)
    return found
