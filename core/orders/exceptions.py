"""Exceptions of orders: what keeps one from going on, each kind a queue with its fix."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import any_of
from core.db import table_of
from core.ids import next_ids
from core.orders.models import Order
from core.orders.models import OrderException
from core.prepared import Prepared
from core.prepared import among
from core.rows import upsert_missing

KINDS = (
    "unmapped", "no_route", "warehouse", "address", "unpaid", "duplicate", "loss", "short",
    "untold", "waiting", "late_number",
)  # fmt: skip
"""The kinds, the most urgent first."""

STOPPING = frozenset(
    {"unmapped", "no_route", "warehouse", "address", "unpaid", "duplicate", "loss"}
)
"""An order with one of these is not approved by itself; `short` and `waiting` solve themselves."""

Raised = tuple[int, str, dict[str, object]]
"""An order, the kind of its exception, and what a person should know of it."""

# As a number and back, because a minimum of texts would be that of the alphabet.
MOST_URGENT = (
    "CASE MIN(CASE kind "
    + " ".join(f"WHEN '{kind}' THEN {place}" for place, kind in enumerate(KINDS))
    + " END) "
    + " ".join(f"WHEN {place} THEN '{kind}'" for place, kind in enumerate(KINDS))
    + " END"
)


_OPEN = Prepared(
    sa.select(OrderException.order_id, OrderException.kind).where(
        OrderException.company_id == sa.bindparam("company"),
        OrderException.solved_at.is_(None),
        among(OrderException.order_id, "orders"),
    )
)


def write_raised(session: Session, company_id: int, raised: Sequence[Raised]) -> None:
    """Store exceptions; one of a kind that is open already stays as it is."""
    now = clock.now()
    rows = [
        {"company_id": company_id, "id": new_id, "order_id": order_id, "kind": kind}
        | {"detail": detail, "raised_at": now}
        for new_id, (order_id, kind, detail) in zip(
            next_ids(session, len(raised)), raised, strict=True
        )
    ]
    if rows:
        upsert_missing(session, table_of(OrderException), rows)


def write_solved(
    session: Session, company_id: int, solved: Iterable[tuple[int, str]], actor: str
) -> None:
    """Note that exceptions of orders are solved, and by whom."""
    rows = [
        {"c": company_id, "o": order_id, "k": kind, "t": clock.now(), "a": actor}
        for order_id, kind in sorted(solved)
    ]
    if rows:
        session.connection().execute(_SOLVE, rows)


_SOLVE = sa.text(
    "UPDATE orders_exception SET solved_at = :t, solved_by = :a"
    " WHERE company_id = :c AND order_id = :o AND kind = :k AND solved_at IS NULL"
).bindparams(sa.bindparam("t", type_=OrderException.raised_at.type))


def show_most_urgent(session: Session, company_id: int, order_ids: Collection[int]) -> None:
    """Let orders show the most urgent of their open exceptions."""
    worst = (
        sa.select(sa.literal_column(MOST_URGENT))
        .select_from(OrderException)
        .where(
            OrderException.company_id == Order.company_id,
            OrderException.order_id == Order.id,
            OrderException.solved_at.is_(None),
        )
        .scalar_subquery()
    )
    session.connection().execute(
        sa.update(Order)
        .where(Order.company_id == company_id, any_of(session, Order.id, sorted(order_ids)))
        .values(exception=worst)
    )


def open_exceptions(
    session: Session, company_id: int, order_ids: Collection[int]
) -> dict[int, set[str]]:
    """Return the open exceptions of some orders."""
    found: dict[int, set[str]] = {}
    for order_id, kind in _OPEN.rows(session, company=company_id, orders=sorted(order_ids)):
        found.setdefault(order_id, set()).add(kind)
    return found


def count_queues(session: Session, company_id: int) -> dict[str, int]:
    """Return how many orders are in each queue, the most urgent first."""
    query = (
        sa.select(OrderException.kind, sa.func.count())
        .where(OrderException.company_id == company_id, OrderException.solved_at.is_(None))
        .group_by(OrderException.kind)
    )
    found: dict[str, Any] = dict(session.execute(query).all())
    return {kind: int(found.get(kind, 0)) for kind in KINDS}
