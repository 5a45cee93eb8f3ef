"""Questions about stock that addons may ask."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.remembered import Remembered
from core.stock.models import Level
from core.stock.models import Reservation
from core.stock.models import Warehouse

_DEFAULTS = Remembered(
    sa.select(Warehouse.company_id, Warehouse.id)
    .where(Warehouse.provider == sa.bindparam("provider"))
    # The latest first, so that the oldest is what remains in a dictionary.
    .order_by(Warehouse.created_at.desc(), Warehouse.id.desc()),
    ["stock_warehouse"],
    dict,
)


def default_warehouses(
    session: Session, provider: str, companies: Collection[int]
) -> dict[int, int]:
    """Return the id of each company's oldest warehouse with a provider, by company id."""
    defaults = _DEFAULTS.of(session, provider=provider)
    return {company: defaults[company] for company in companies if company in defaults}


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
