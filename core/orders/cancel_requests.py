"""Buyers' requests to cancel: while one is open nothing leaves, then the order goes on from where
it was, or is cancelled."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import any_of
from core.orders.models import OrderEvent
from core.orders.states import State

BEFORE = "before"
"""Under this name the event of a request tells where the order was."""


def states_before(
    session: Session, company_id: int, order_ids: Collection[int]
) -> dict[int, State]:
    """Return where orders were when their cancellation was asked for last."""
    if not order_ids:
        return {}
    query = (
        sa.select(OrderEvent.order_id, OrderEvent.detail)
        .where(
            OrderEvent.company_id == company_id,
            OrderEvent.kind == State.CANCEL_REQUESTED,
            any_of(session, OrderEvent.order_id, sorted(order_ids)),
        )
        .order_by(OrderEvent.recorded_at, OrderEvent.id)
    )
    return {
        order_id: State(str(detail[BEFORE]))
        for order_id, detail in session.execute(query)
        if BEFORE in detail
    }
