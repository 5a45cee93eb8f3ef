"""Goods that left without having been received, by the warehouse that they left."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import Sku
from core.db import rows_of
from core.stock.models import Level
from core.stock.models import Short
from core.stock.models import Warehouse

MOST = 500
"""A receipt of more lines is better read from a file."""


def goods_without_cost(session: Session, company_id: int) -> Mapping[str, Mapping[str, int]]:
    """Return how much of which SKU left each warehouse beyond what it held, by their codes."""
    query = (
        sa.select(
            Warehouse.code,
            Sku.code,
            sa.cast(sa.func.sum(Short.open_quantity), sa.BigInteger),
        )
        .join(Level, (Level.company_id == Short.company_id) & (Level.id == Short.level_id))
        .join(
            Warehouse,
            (Warehouse.company_id == Level.company_id) & (Warehouse.id == Level.warehouse_id),
        )
        .join(Sku, (Sku.company_id == Level.company_id) & (Sku.id == Level.sku_id))
        .where(Short.company_id == company_id, Short.open_quantity > 0)
        .group_by(Warehouse.code, Sku.code)
        .order_by(Warehouse.code, Sku.code)
        .limit(MOST)
    )
    found: dict[str, dict[str, int]] = {}
    for warehouse, sku, quantity in rows_of(session, query):
        found.setdefault(warehouse, {})[sku] = int(quantity)
    return found
