"""What rules chose for an order, as its page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.rules.models import OrderChoice
from core.rules.models import OrderTag
from core.stock.models import Warehouse


@dataclass(frozen=True, slots=True)
class ShownChoice:
    """What the buyer asked for and what was chosen."""

    requested_service: str | None
    service: str | None
    warehouse: str | None


def order_choice(session: Session, company_id: int, order_id: int) -> ShownChoice | None:
    """Return what was chosen for an order, None if nothing was."""
    query = (
        sa.select(OrderChoice.requested_service, OrderChoice.service, Warehouse.code)
        .outerjoin(
            Warehouse,
            sa.and_(
                Warehouse.company_id == OrderChoice.company_id,
                Warehouse.id == OrderChoice.warehouse_id,
            ),
        )
        .where(OrderChoice.company_id == company_id, OrderChoice.id == order_id)
    )
    row = session.execute(query).one_or_none()
    return ShownChoice(*row) if row is not None and any(row) else None


def order_tags(session: Session, company_id: int, order_id: int) -> Sequence[str]:
    """Return the tags of an order."""
    query = sa.select(OrderTag.tag).where(
        OrderTag.company_id == company_id, OrderTag.order_id == order_id
    )
    return session.scalars(query.order_by(OrderTag.tag)).all()
