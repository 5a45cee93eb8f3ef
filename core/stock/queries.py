"""Questions about stock that addons may ask."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import any_of
from core.stock.models import Level
from core.stock.models import Reservation
from core.stock.models import Warehouse


def default_warehouses(
    session: Session, provider: str, companies: Collection[int]
) -> dict[int, int]:
    """Return the id of each company's oldest warehouse with a provider, by company id."""
    query = (
        sa.select(Warehouse.company_id, Warehouse.id)
        .where(
            any_of(session, Warehouse.company_id, sorted(companies)), Warehouse.provider == provider
        )
        # The latest first, so that the oldest is what remains in the dictionary.
        .order_by(Warehouse.created_at.desc(), Warehouse.id.desc())
    )
    return dict(session.execute(query).all())


def open_reservations(session: Session, provider: str) -> int:
    """Count the reservations, of any company, whose goods wait in a provider's warehouses."""
    query = (
        sa.select(sa.func.count())
        .select_from(Reservation)
        .join(
            Level, (Level.company_id == Reservation.company_id) & (Level.id == Reservation.level_id)
        )
        .join(
            Warehouse,
            (Warehouse.company_id == Level.company_id) & (Warehouse.id == Level.warehouse_id),
        )
        .where(Warehouse.provider == provider, Reservation.open_quantity > 0)
    )
    return session.execute(query).scalar_one()
