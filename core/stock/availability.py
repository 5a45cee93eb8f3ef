"""What may still be sold of SKUs: what lies free where we may promise it."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.bundles import parts_of
from core.db import any_of
from core.stock.models import Level
from core.stock.storing import SELLABLE
from core.stock.warehouses import reservable_warehouses
from core.stock.warehouses import warehouses_of


def available_to_sell(
    session: Session, company_id: int, sku_ids: Collection[int]
) -> dict[int, dict[int, int]]:
    """Return how many units of each SKU each warehouse could still promise.

    A bundle has as many as its scarcest component allows in one warehouse; bundles and SKUs that
    share components share them here too: what one sells, the others lack.
    """
    parts = parts_of(session, company_id, sku_ids)
    places = reservable_warehouses(session, warehouses_of(session, company_id))
    free = _free(session, company_id, places, {sku for made in parts.values() for sku, _ in made})
    return {
        sku_id: {
            place: min(free.get((place, part), 0) // each for part, each in made_of)
            for place in places
        }
        for sku_id, made_of in parts.items()
    }


def _free(
    session: Session, company_id: int, places: Collection[int], sku_ids: Collection[int]
) -> dict[tuple[int, int], int]:
    query = sa.select(Level.warehouse_id, Level.sku_id, Level.on_hand - Level.reserved).where(
        Level.company_id == company_id,
        Level.condition == SELLABLE,
        any_of(session, Level.warehouse_id, sorted(places)),
        any_of(session, Level.sku_id, sorted(sku_ids)),
    )
    return {(row[0], row[1]): row[2] for row in session.execute(query)}
