"""Making orders that come from another: parts of it, replacements, credit notes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from core.db import table_of
from core.orders.inhand import OrderWork
from core.orders.models import Order
from core.orders.orderwork import Work

SUFFIXES = {"split": "/", "reship": "/E", "exchange": "/E", "return": "/R"}
"""How the number of an order goes on in what comes from it."""


def make_order(
    work: Work,
    origin: OrderWork,
    origin_kind: str,
    *,
    kind: str = "sale",
    state: str,
    hold: str | None = None,
) -> OrderWork:
    """Add an order that comes from another to a work; its lines are added by the caller."""
    first = origin.origin_id if origin_kind == "split" and origin.origin_kind == "split" else None
    origin_id = first or origin.id
    made = replace(
        origin,
        id=next(work.ids),
        ref=_next_ref(work, origin_id, origin_kind),
        kind=kind,
        state=str(state),
        hold=hold,
        row_version=1,
        remote_state=None if kind != "sale" else origin.remote_state,
        origin_id=origin_id,
        origin_kind=origin_kind,
        consignment_id=None,
        exceptions=set(),
        lines=[],
    )
    work.orders[made.id] = made
    work.made[made.id] = _values(work, made, origin.id)
    return made


def _next_ref(work: Work, origin_id: int, origin_kind: str) -> str:
    """Return the next number that is free after the first order's."""
    query = sa.select(Order.external_ref).where(
        Order.company_id == work.company_id, Order.id == origin_id
    )
    ref = work.session.execute(query).scalar_one() + SUFFIXES[origin_kind]
    taken = sa.select(Order.external_ref).where(
        Order.company_id == work.company_id, Order.origin_id == origin_id
    )
    used = {row[0] for row in work.session.execute(taken)}
    used |= {order.ref for order in work.orders.values()}
    number = 2 if origin_kind == "split" else 1
    while f"{ref}{number}" in used:
        number += 1
    return f"{ref}{number}"


def _values(work: Work, made: OrderWork, like_id: int) -> dict[str, Any]:
    query = sa.select(*table_of(Order).columns).where(
        Order.company_id == work.company_id, Order.id == like_id
    )
    values = dict(work.session.connection().execute(query).one()._mapping)
    values |= {name: getattr(made, name) for name in _OWN} | {"external_ref": made.ref}
    return values | {
        "exception": None,
        "created_at": work.now,
        "net_amount": 0,
        "tax_amount": 0,
        "line_count": 0,
    }


_OWN = "id kind state hold row_version remote_state origin_id origin_kind consignment_id".split()
