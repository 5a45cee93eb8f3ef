"""Orders follow the promises that goods, not commands, have changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import any_of
from core.orders.models import Order
from core.orders.models import OrderLine
from core.orders.record import Actor
from core.orders.record import Record
from core.orders.states import State
from core.stock.models import Reservation

STOCK = Actor("stock")


class _Waiting(NamedTuple):
    id: int
    state: str
    short: int


def follow_promises(session: Session, company_id: int, line_ids: Sequence[int]) -> None:
    """Let the orders of some lines say whether they still wait for goods.

    Goods that arrived end a back order; goods that were lost begin one. An order that the
    warehouse works on keeps its state and shows the shortage.
    """
    record = Record(session, company_id, STOCK)
    for row in _orders(session, company_id, line_ids):
        if row.short:
            record.raise_exception(row.id, "short", missing=row.short)
            if row.state == State.ALLOCATED:
                record.event(row.id, "to_allocate")
                record.event(row.id, "backordered", missing=row.short)
                record.set(row.id, state=str(State.BACKORDERED))
            else:
                record.event(row.id, "short", missing=row.short)
        else:
            record.solve(row.id, "short")
            if row.state == State.BACKORDERED:
                record.event(row.id, "to_allocate")
                record.event(row.id, "allocated", filled=True)
                record.set(row.id, state=str(State.ALLOCATED))
    record.write()


def _orders(session: Session, company_id: int, line_ids: Sequence[int]) -> list[_Waiting]:
    """Return the orders of some lines, locked, with what they still wait for in all."""
    ids = session.scalars(
        sa.select(OrderLine.order_id)
        .where(OrderLine.company_id == company_id, any_of(session, OrderLine.id, line_ids))
        .distinct()
    ).all()
    locked = (
        sa.select(Order.id, Order.state)
        .where(Order.company_id == company_id, any_of(session, Order.id, sorted(ids)))
        .order_by(Order.id)
        .with_for_update()
    )
    states = dict(session.execute(locked).all())
    short = sa.cast(
        sa.func.coalesce(sa.func.sum(Reservation.short_quantity), 0), sa.BigInteger
    ).label("short")
    query = (
        sa.select(OrderLine.order_id.label("id"), short)
        .outerjoin(
            Reservation,
            (Reservation.company_id == OrderLine.company_id)
            & (Reservation.line_id == OrderLine.id),
        )
        .where(OrderLine.company_id == company_id, any_of(session, OrderLine.order_id, sorted(ids)))
        .group_by(OrderLine.order_id)
        .order_by(OrderLine.order_id)
    )
    return [_Waiting(row.id, states[row.id], row.short) for row in session.execute(query)]
