"""Refunds that a platform tells with its orders: each belongs to its order."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.channels.external import ExternalOrder
from core.db import any_of
from core.db import rows_of
from core.db import table_of
from core.orders.arrivals import note_arrivals
from core.orders.lookups import Account
from core.orders.models import Order
from core.rows import bulk_update

KIND = "return"


def link_refunds(session: Session, account: Account, orders: Iterable[ExternalOrder]) -> None:
    """Let the refunds of some orders point to them: what is settled for one clears the other."""
    origins = {
        f"{order.external_id}/{refund.external_id}": order.external_id
        for order in orders
        for refund in order.refunds
    }
    if not origins:
        return
    refs = sorted({*origins, *origins.values()})
    query = sa.select(Order.id, Order.external_ref, Order.origin_id).where(
        Order.company_id == account.company_id,
        Order.platform == account.platform,
        Order.account == account.account,
        any_of(session, Order.external_ref, refs),
    )
    found = {ref: (order_id, origin_id) for order_id, ref, origin_id in rows_of(session, query)}
    fresh = [
        (account.company_id, found[ref][0], found[origin][0], KIND)
        for ref, origin in origins.items()
        if ref in found and origin in found and found[ref][1] is None
    ]
    bulk_update(
        session,
        table_of(Order),
        ["company_id", "id", "origin_id", "origin_kind"],
        sorted(fresh),
        assign="origin_id = {origin_id}, origin_kind = {origin_kind},"
        " row_version = row_version + 1",
    )
    note_arrivals(session, account.company_id, {row[2] for row in fresh})
