"""Soft demand: goods in orders that are not paid yet. It is shown, and reduces nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import Component
from core.channels.connector import LineKind
from core.db import any_of
from core.orders.models import Order
from core.orders.models import OrderLine
from core.orders.states import State


def soft_demand(session: Session, company_id: int, sku_ids: Collection[int]) -> dict[int, int]:
    """Return how many units of SKUs unpaid orders ask for, bundles counted by their components."""
    wanted = sorted(set(sku_ids))
    query = sa.select(Component.bundle_id, Component.component_id, Component.quantity).where(
        Component.company_id == company_id, any_of(session, Component.component_id, wanted)
    )
    parts = [(bundle, part, each) for bundle, part, each in session.execute(query)]
    asked = _asked(session, company_id, {*wanted, *(bundle for bundle, _, _ in parts)})
    found: Counter[int] = Counter({sku_id: asked[sku_id] for sku_id in wanted})
    for bundle, part, each in parts:
        found[part] += asked[bundle] * each
    return dict(+found)


def _asked(session: Session, company_id: int, sku_ids: Collection[int]) -> Counter[int]:
    query = (
        sa.select(OrderLine.sku_id, sa.cast(sa.func.sum(OrderLine.quantity), sa.BigInteger))
        .join(Order, (Order.company_id == OrderLine.company_id) & (Order.id == OrderLine.order_id))
        .where(
            Order.company_id == company_id,
            Order.state == str(State.PENDING_PAYMENT),
            OrderLine.kind == str(LineKind.SALE),
            OrderLine.cancelled_quantity == 0,
            OrderLine.document_id.is_(None),
            any_of(session, OrderLine.sku_id, sorted(sku_ids)),
        )
        .group_by(OrderLine.sku_id)
    )
    asked: Counter[int] = Counter()
    for sku_id, units in session.execute(query):
        asked[sku_id or 0] = units
    return asked
