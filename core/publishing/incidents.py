"""What led to selling more than there was: order, promise and what the platform was told, in time.

Nothing is kept for it: the story is read from the rows that were written when it happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import Component
from core.catalog.models import Sku
from core.db import any_of
from core.errors import NotFound
from core.orders.models import Order
from core.orders.models import OrderEvent
from core.orders.models import OrderLine
from core.publishing.models import Push
from core.publishing.models import Target
from core.stock.models import Document
from core.stock.models import Level
from core.stock.models import Move
from core.stock.models import Reservation

AROUND = timedelta(days=2)
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened; `what` is a code, `detail` the figures."""

    at: datetime
    what: str
    sku: str
    quantity: int | None
    detail: str
    order_id: int | None = None


def incident(session: Session, company_id: int, order_id: int) -> list[Moment]:
    """Return what happened around an order's time to the SKUs of which it is short, in order.

    Raises: NotFound for an order that is not there.
    """
    order = session.scalar(
        sa.select(Order).where(Order.company_id == company_id, Order.id == order_id)
    )
    if order is None:
        raise NotFound("There is no such order.")
    skus = _concerned(session, company_id, order_id)
    begin, end = order.ordered_at - AROUND, order.ordered_at + AROUND
    moments = [
        *_promises(session, company_id, order_id),
        *_events(session, company_id, order_id),
        *_moves(session, company_id, skus, begin, end),
        *_pushes(session, company_id, skus, begin, end),
        Moment(order.ordered_at, "ordered", "", None, order.external_ref, order_id),
    ]
    return sorted(moments, key=lambda moment: moment.at)


def oversold(session: Session, company_id: int, limit: int = 50) -> Sequence[Any]:
    """Return the orders that wait for goods which were sold and not there, the latest first."""
    query = (
        sa.select(
            Order.id,
            Order.external_ref,
            Order.ordered_at,
            Order.platform,
            Order.account,
            Order.state,
            sa.cast(sa.func.sum(Reservation.short_quantity), sa.BigInteger).label("short"),
        )
        .join(
            OrderLine, (OrderLine.company_id == Order.company_id) & (OrderLine.order_id == Order.id)
        )
        .join(
            Reservation,
            (Reservation.company_id == OrderLine.company_id)
            & (Reservation.line_id == OrderLine.id),
        )
        .where(Order.company_id == company_id, Reservation.short_quantity > 0)
        .group_by(
            Order.id,
            Order.external_ref,
            Order.ordered_at,
            Order.platform,
            Order.account,
            Order.state,
        )
        .order_by(Order.ordered_at.desc(), Order.id.desc())
        .limit(limit)
    )
    return session.execute(query).all()


def _concerned(session: Session, company_id: int, order_id: int) -> list[int]:
    """Return the SKUs of an order with the components of its bundles."""
    query = sa.select(OrderLine.sku_id).where(
        OrderLine.company_id == company_id,
        OrderLine.order_id == order_id,
        OrderLine.sku_id.is_not(None),
    )
    skus = {sku for sku in session.scalars(query) if sku is not None}
    parts = sa.select(Component.component_id).where(
        Component.company_id == company_id, any_of(session, Component.bundle_id, sorted(skus))
    )
    return sorted({*skus, *session.scalars(parts)})


def _promises(session: Session, company_id: int, order_id: int) -> list[Moment]:
    query = (
        sa.select(Reservation, OrderLine.code)
        .join(
            OrderLine,
            (OrderLine.company_id == Reservation.company_id)
            & (OrderLine.id == Reservation.line_id),
        )
        .where(Reservation.company_id == company_id, OrderLine.order_id == order_id)
    )
    return [
        Moment(
            row.promised_at,
            "promised",
            code,
            row.quantity,
            f"{row.open_quantity} + {row.short_quantity}",
            order_id,
        )
        for row, code in session.execute(query)
        if row.promised_at is not None
    ]


def _events(session: Session, company_id: int, order_id: int) -> list[Moment]:
    query = sa.select(OrderEvent).where(
        OrderEvent.company_id == company_id, OrderEvent.order_id == order_id
    )
    return [
        Moment(event.recorded_at, f"event {event.kind}", "", None, event.actor, order_id)
        for event in session.scalars(query.order_by(OrderEvent.id).limit(SHOWN))
    ]


def _moves(
    session: Session, company_id: int, skus: Sequence[int], begin: datetime, end: datetime
) -> list[Moment]:
    query = (
        sa.select(Document.happened_at, Document.kind, Move.quantity, Document.natural_key)
        .add_columns(_code(Level.sku_id, company_id), Document.order_id)
        .join(Move, (Move.company_id == Document.company_id) & (Move.document_id == Document.id))
        .join(Level, (Level.company_id == Move.company_id) & (Level.id == Move.level_id))
        .where(
            Document.company_id == company_id,
            Document.happened_at.between(begin, end),
            any_of(session, Level.sku_id, skus),
        )
        .order_by(Document.happened_at)
        .limit(SHOWN)
    )
    return [
        Moment(at, f"moved {kind}", sku, quantity, key, order_id)
        for at, kind, quantity, key, sku, order_id in session.execute(query)
    ]


def _pushes(
    session: Session, company_id: int, skus: Sequence[int], begin: datetime, end: datetime
) -> list[Moment]:
    query = (
        sa.select(Push, Target)
        .join(Target, (Target.company_id == Push.company_id) & (Target.id == Push.target_id))
        .where(
            Push.company_id == company_id,
            any_of(session, Target.sku_id, skus),
            Push.decided_at.between(begin, end),
        )
        .order_by(Push.id)
        .limit(SHOWN)
    )
    moments, targets = [], {}
    for push, target in session.execute(query):
        targets[target.id] = target
        account, code = f"{target.platform}/{target.account}", target.seller_sku
        moments.append(Moment(push.decided_at, "decided", code, push.quantity, account))
        if push.sent_at is not None:
            said = f"{account}, {push.milliseconds} ms"
            moments.append(Moment(push.sent_at, "told", code, push.quantity, said))
    for target in targets.values():
        if target.seen_at is not None:
            account = f"{target.platform}/{target.account}"
            moments.append(Moment(target.seen_at, "seen", target.seller_sku, target.seen, account))
    return moments


def _code(column: Any, company_id: int) -> Any:
    return (
        sa.select(Sku.code).where(Sku.company_id == company_id, Sku.id == column).scalar_subquery()
    )
