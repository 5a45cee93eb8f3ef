"""Forgetting a buyer by the name that his platform knows him by, as when he closes his account."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.db import any_of
from core.kernel.connections import ConnectionInfo
from core.messages.forgetting import forget_messages_of_buyers
from core.orders.models import Order
from core.partners.models import Customer
from core.privacy.forgetting import REQUESTED
from core.privacy.forgetting import forget
from core.privacy.forgetting import scrub

if TYPE_CHECKING:
    from core.kernel.kernel import Kernel


def forget_buyers(
    kernel: Kernel, connection: ConnectionInfo, platform: str, refs: Collection[str]
) -> int:
    """Forget who the orders of some buyers of an account went to; return of how many orders.

    Orders, stock and books stay. A buyer whom nobody knows is no error.
    """
    with kernel.db.write() as session:
        query = (
            sa.select(Order.id)
            .join(
                Customer,
                (Customer.company_id == Order.company_id) & (Customer.id == Order.customer_id),
            )
            .where(
                Order.company_id == connection.company_id,
                Customer.platform == platform,
                Customer.account == connection.account,
                any_of(session, Customer.external_ref, sorted(set(refs))),
            )
        )
        ids = list(session.scalars(query))
        count = forget(session, connection.company_id, ids, REQUESTED, actor=connection.label)
        written = forget_messages_of_buyers(
            session, connection.company_id, platform, connection.account, refs
        )
    if count or written:
        scrub(kernel.db)
    return count
