"""What the page of a queue shows of its orders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import any_of
from core.orders.models import Order
from core.orders.models import OrderException
from core.orders.models import OrderLine
from core.orders.posting import STOCKED


def queue_details(
    session: Session, company_id: int, kind: str, order_ids: Sequence[int]
) -> dict[int, Any]:
    """Return what a person should know of orders in a queue: version, detail, unknown codes."""
    query = (
        sa.select(Order.id, Order.row_version, Order.platform, Order.account, OrderException.detail)
        .join(
            OrderException,
            (OrderException.company_id == Order.company_id) & (OrderException.order_id == Order.id),
        )
        .where(
            Order.company_id == company_id,
            any_of(session, Order.id, order_ids),
            OrderException.kind == kind,
            OrderException.solved_at.is_(None),
        )
    )
    found = {row.id: {**row._mapping, "codes": []} for row in session.execute(query)}
    if kind == "unmapped" and found:
        unknown = sa.select(OrderLine.order_id, OrderLine.code).where(
            OrderLine.company_id == company_id,
            any_of(session, OrderLine.order_id, sorted(found)),
            any_of(session, OrderLine.kind, sorted(STOCKED)),
            OrderLine.sku_id.is_(None),
        )
        for order_id, code in session.execute(unknown.distinct()):
            found[order_id]["codes"].append(code)
    return found
