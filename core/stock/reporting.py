"""What lies where and what it is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import Sku
from core.stock.models import Layer
from core.stock.models import Level
from core.stock.models import Short
from core.stock.models import Warehouse


@dataclass(frozen=True, slots=True)
class StockLevel:
    """One SKU in one warehouse; `value` is its layers less its provisional shorts."""

    warehouse: str
    sku: str
    condition: str
    on_hand: int
    reserved: int
    short: int
    value: int

    @property
    def available(self) -> int:
        """Return what can still be promised."""
        return self.on_hand - self.reserved


def stock_report(session: Session, company_id: int) -> Sequence[StockLevel]:
    """Return every level of a company by warehouse and SKU; values in minor units."""
    layers = (
        sa.select(Layer.level_id, sa.func.sum(Layer.remaining_value).label("value"))
        .where(Layer.company_id == company_id, Layer.remaining > 0)
        .group_by(Layer.level_id)
        .subquery()
    )
    shorts = (
        sa.select(
            Short.level_id,
            sa.func.sum(Short.open_quantity).label("quantity"),
            sa.func.sum(Short.open_value).label("value"),
        )
        .where(Short.company_id == company_id, Short.open_quantity > 0)
        .group_by(Short.level_id)
        .subquery()
    )
    query = (
        sa.select(
            Warehouse.code,
            Sku.code,
            Level.condition,
            Level.on_hand,
            Level.reserved,
            sa.cast(sa.func.coalesce(shorts.c.quantity, 0), sa.BigInteger),
            sa.cast(
                sa.func.coalesce(layers.c.value, 0) - sa.func.coalesce(shorts.c.value, 0),
                sa.BigInteger,
            ),
        )
        .join(
            Warehouse,
            (Warehouse.company_id == Level.company_id) & (Warehouse.id == Level.warehouse_id),
        )
        .join(Sku, (Sku.company_id == Level.company_id) & (Sku.id == Level.sku_id))
        .outerjoin(layers, layers.c.level_id == Level.id)
        .outerjoin(shorts, shorts.c.level_id == Level.id)
        .where(Level.company_id == company_id)
    )
    levels = [StockLevel(*row) for row in session.execute(query)]
    # Sorted here: databases differ in how they order letters.
    return sorted(levels, key=lambda level: (level.warehouse, level.sku, level.condition))
