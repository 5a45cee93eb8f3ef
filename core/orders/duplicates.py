"""Orders that look like another one: the same buyer, the same goods, within a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm import aliased

from core.db import any_of
from core.orders.models import Order
from core.orders.models import OrderLine
from core.orders.states import State

WITHIN = timedelta(days=1)

Signature = tuple[tuple[str, int], ...]


def find_duplicates(session: Session, company_id: int, order_ids: Sequence[int]) -> dict[int, str]:
    """Return for each order that repeats an earlier one the number of that one."""
    if not order_ids:
        return {}
    mine, other = aliased(OrderLine), aliased(OrderLine)
    order, twin = aliased(Order), aliased(Order)
    # A buyer's earlier lines of the same code: the index of buyers and codes leads there.
    query = (
        sa.select(order.id, order.ordered_at, twin.id, twin.ordered_at, twin.external_ref)
        .select_from(order)
        .join(mine, (mine.company_id == order.company_id) & (mine.order_id == order.id))
        .join(
            other,
            (other.company_id == mine.company_id)
            & (other.customer_id == mine.customer_id)
            & (other.code == mine.code)
            & (other.quantity == mine.quantity)
            & (other.order_id != mine.order_id),
        )
        .join(twin, (twin.company_id == other.company_id) & (twin.id == other.order_id))
        .where(
            order.company_id == company_id,
            any_of(session, order.id, order_ids),
            twin.kind == "sale",
            twin.state != State.CANCELLED,
            twin.origin_id.is_(None),
            twin.net_amount == order.net_amount,
            twin.line_count == order.line_count,
        )
        .distinct()
    )
    close = [
        row
        for row in session.execute(query)
        if (row[3], row[2]) < (row[1], row[0]) and row[1] - row[3] <= WITHIN
    ]
    contents = _contents(session, company_id, {id_ for row in close for id_ in (row[0], row[2])})
    return {row[0]: row[4] for row in close if contents[row[0]] == contents[row[2]]}


def _contents(session: Session, company_id: int, order_ids: set[int]) -> dict[int, Signature]:
    query = sa.select(OrderLine.order_id, OrderLine.code, OrderLine.quantity).where(
        OrderLine.company_id == company_id, any_of(session, OrderLine.order_id, sorted(order_ids))
    )
    found: dict[int, list[tuple[str, int]]] = {order_id: [] for order_id in order_ids}
    for order_id, code, quantity in session.execute(query) if order_ids else ():
        found[order_id].append((code, quantity))
    return {order_id: tuple(sorted(lines)) for order_id, lines in found.items()}
