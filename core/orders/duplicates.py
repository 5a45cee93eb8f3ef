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
from core.prepared import Prepared
from core.prepared import among

WITHIN = timedelta(days=1)

Signature = tuple[tuple[str, int], ...]


_mine, _other = aliased(OrderLine), aliased(OrderLine)
_order, _twin = aliased(Order), aliased(Order)
# A buyer's earlier lines of the same code: the index of buyers and codes leads there.
_ALIKE = Prepared(
    sa.select(_order.id, _order.ordered_at, _twin.id, _twin.ordered_at, _twin.external_ref)
    .select_from(_order)
    .join(_mine, (_mine.company_id == _order.company_id) & (_mine.order_id == _order.id))
    .join(
        _other,
        (_other.company_id == _mine.company_id)
        & (_other.customer_id == _mine.customer_id)
        & (_other.code == _mine.code)
        & (_other.quantity == _mine.quantity)
        & (_other.order_id != _mine.order_id),
    )
    .join(_twin, (_twin.company_id == _other.company_id) & (_twin.id == _other.order_id))
    .where(
        _order.company_id == sa.bindparam("company"),
        among(_order.id, "orders"),
        _twin.kind == "sale",
        _twin.state != State.CANCELLED,
        _twin.origin_id.is_(None),
        _twin.net_amount == _order.net_amount,
        _twin.line_count == _order.line_count,
    )
    .distinct()
)


def find_duplicates(session: Session, company_id: int, order_ids: Sequence[int]) -> dict[int, str]:
    """Return for each order that repeats an earlier one the number of that one."""
    if not order_ids:
        return {}
    close = [
        row
        for row in _ALIKE.rows(session, company=company_id, orders=list(order_ids))
        if (row[3], row[2]) < (row[1], row[0]) and row[1] - row[3] <= WITHIN
    ]
    contents = _contents(session, company_id, {id_ for row in close for id_ in (row[0], row[2])})
    return {row[0]: row[4] for row in close if contents[row[0]] == contents[row[2]]}


def _contents(session: Session, company_id: int, order_ids: set[int]) -> dict[int, Signature]:
    if not order_ids:
        return {}
    query = sa.select(OrderLine.order_id, OrderLine.code, OrderLine.quantity).where(
        OrderLine.company_id == company_id, any_of(session, OrderLine.order_id, sorted(order_ids))
    )
    found: dict[int, list[tuple[str, int]]] = {order_id: [] for order_id in order_ids}
    for order_id, code, quantity in session.execute(query):
        found[order_id].append((code, quantity))
    return {order_id: tuple(sorted(lines)) for order_id, lines in found.items()}
