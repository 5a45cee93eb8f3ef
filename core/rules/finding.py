"""Orders by the numbers that people know them by."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import any_of
from core.errors import InputError
from core.errors import NotFound
from core.orders.models import Order


def find_orders(session: Session, company_id: int, refs: Sequence[str]) -> list[int]:
    """Return the ids of orders by their numbers.

    Raises: NotFound for a number without order, InputError for one of several accounts.
    """
    wanted = sorted(set(refs))
    query = sa.select(Order.external_ref, Order.id).where(
        Order.company_id == company_id, any_of(session, Order.external_ref, wanted)
    )
    found: dict[str, int] = {}
    for ref, order_id in session.execute(query):
        if ref in found:
            raise InputError(f"Several accounts have an order {ref}.", where="order")
        found[ref] = order_id
    if missing := [ref for ref in wanted if ref not in found]:
        raise NotFound(f"There is no order {missing[0]}.")
    return sorted(found.values())
