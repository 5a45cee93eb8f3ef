"""How much of what was announced to come back the books have: by lines, the oldest return first.

Goods come back by a person who takes them back, or by a refund that a platform tells with its
pieces. What either brought is held against the returns that were announced of the same line, so
that no return is waited for whose goods are there, and no goods are taken back twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.channels.connector import LineKind
from core.db import any_of
from core.db import rows_of
from core.orders.lookups import Account
from core.orders.models import AnnouncedReturn
from core.orders.models import Order
from core.orders.models import OrderLine


class Sold(NamedTuple):
    """A line of goods that may come back, of an order or of one that was split off it."""

    id: int
    order_id: int
    root_id: int
    external_ref: str
    code: str
    sku_id: int | None
    out: int
    returned: int


def note_arrivals(
    session: Session, company_id: int, order_ids: Collection[int], *, unpaid: bool = False
) -> int:
    """Let the announced returns of some orders know what came back; return how many changed.

    What came back `unpaid` is kept as such: the platform's refund then brings the money alone.
    """
    if not order_ids:
        return 0
    found = announced_of(session, company_id, order_ids)
    if not found:
        return 0
    lines = sold_lines(session, company_id, sorted(found))
    changed = sum(
        _share(rows, lines.get(order_id, ()), unpaid=unpaid) for order_id, rows in found.items()
    )
    session.flush()
    return changed


def note_arrivals_by_ref(session: Session, account: Account, refs: Collection[str]) -> int:
    """Let the announced returns of some orders, by the platform's numbers, know what came back."""
    query = sa.select(Order.id).where(
        Order.company_id == account.company_id,
        Order.platform == account.platform,
        Order.account == account.account,
        any_of(session, Order.external_ref, sorted(refs)),
    )
    return note_arrivals(session, account.company_id, list(session.scalars(query)))


def announced_of(
    session: Session, company_id: int, order_ids: Collection[int]
) -> dict[int, list[AnnouncedReturn]]:
    """Return the announced returns of some orders, the oldest first, locked."""
    query = (
        sa.select(Order.id, AnnouncedReturn)
        .join(AnnouncedReturn, same_order())
        .where(Order.company_id == company_id, any_of(session, Order.id, sorted(order_ids)))
        .order_by(AnnouncedReturn.announced_at, AnnouncedReturn.id)
        .with_for_update(of=AnnouncedReturn)
    )
    found: defaultdict[int, list[AnnouncedReturn]] = defaultdict(list)
    for order_id, row in session.execute(query):
        found[order_id].append(row)
    return dict(found)


def sold_lines(
    session: Session, company_id: int, order_ids: Sequence[int]
) -> Mapping[int, Sequence[Sold]]:
    """Return the goods that left with some orders, and with what was split off them, by order."""
    part = Order.origin_kind == "split"
    root = sa.case((part, Order.origin_id), else_=Order.id)
    query = (
        sa.select(
            OrderLine.id,
            OrderLine.order_id,
            root.label("root_id"),
            OrderLine.external_ref,
            OrderLine.code,
            OrderLine.sku_id,
            OrderLine.quantity,
            OrderLine.returned_quantity,
        )
        .join(Order, (Order.company_id == OrderLine.company_id) & (Order.id == OrderLine.order_id))
        .where(
            OrderLine.company_id == company_id,
            any_of(session, Order.id, order_ids) | any_of(session, Order.origin_id, order_ids),
            Order.origin_id.is_(None) | part,
            OrderLine.kind == LineKind.SALE,
            OrderLine.cancelled_quantity == 0,
            OrderLine.document_id.is_not(None),
        )
        .order_by(OrderLine.id)
    )
    found: defaultdict[int, list[Sold]] = defaultdict(list)
    for row in rows_of(session, query):
        out = row.quantity - row.returned_quantity
        names = (row.id, row.order_id, row.root_id, row.external_ref, row.code, row.sku_id)
        found[row.root_id].append(Sold(*names, out, row.returned_quantity))
    return found


def lines_of(row: AnnouncedReturn, lines: Sequence[Sold]) -> list[Sold]:
    """Return the lines that a return may mean: by the platform's name, by code, or the only one."""
    named = [line for line in lines if row.line_ref and line.external_ref == row.line_ref]
    if named:
        # A line that left in parts was divided: the parts bear its code.
        return [line for line in lines if line.code == named[0].code]
    coded = [line for line in lines if line.code == row.code]
    if coded or len({line.code for line in lines}) != 1:
        return coded
    return list(lines)


def _share(rows: Sequence[AnnouncedReturn], lines: Sequence[Sold], *, unpaid: bool) -> int:
    """Share what came back among the returns of an order; return how many changed."""
    changed = 0
    groups: defaultdict[str, list[AnnouncedReturn]] = defaultdict(list)
    meant: dict[str, list[Sold]] = {}
    for row in rows:
        found = lines_of(row, lines)
        if found:
            groups[found[0].code].append(row)
            meant[found[0].code] = found
    for code, members in groups.items():
        came = sum(line.returned for line in meant[code])
        left = came - sum(row.arrived_quantity for row in members)
        for row in members:
            more = min(left, row.quantity - row.arrived_quantity)
            if more > 0:
                row.arrived_quantity += more
                row.unpaid_quantity += more if unpaid else 0
                row.row_version += 1
                left, changed = left - more, changed + 1
    return changed


def same_order() -> sa.ColumnElement[bool]:
    """Return what holds for a return and its order, known or not yet."""
    return (
        (AnnouncedReturn.company_id == Order.company_id)
        & (AnnouncedReturn.platform == Order.platform)
        & (AnnouncedReturn.account == Order.account)
        & (AnnouncedReturn.order_ref == Order.external_ref)
    )
