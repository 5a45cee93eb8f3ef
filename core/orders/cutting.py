"""Units that a platform cancelled of lines which are here already: they will never leave."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.channels.connector import LineKind
from core.channels.external import ExternalOrder
from core.channels.external import OrderStatus
from core.channels.models import RawRow
from core.db import any_of
from core.orders.external import fingerprint_of
from core.orders.inhand import LineWork
from core.orders.inhand import OrderWork
from core.orders.lookups import Account
from core.orders.orderwork import Work
from core.orders.record import Actor
from core.orders.states import State
from core.orders.statuses import families_of


def cut_lines(
    session: Session,
    account: Account,
    scope_id: int,
    orders: Sequence[ExternalOrder],
    actor: Actor,
) -> None:
    """Cancel what the newest versions of orders no longer want of their lines.

    What has left stays a fact: a refund tells what becomes of it.
    """
    wanted = [order for order in orders if order.status is not OrderStatus.CANCELLED]
    kept = {
        fingerprint_of(order.external_id, line.external_id): (order.external_id, line.kept)
        for order in wanted
        for line in order.lines
        if line.kind is LineKind.SALE and line.cancelled
    }
    if not kept:
        return
    told = sorted({ref for ref, _ in kept.values()})
    raw = _raw_rows(session, account.company_id, scope_id, told)
    families = families_of(session, account, told)
    work = Work(session, account.company_id, actor)
    work.open([order_id for ids in families.values() for order_id in ids])
    lines: defaultdict[int, list[LineWork]] = defaultdict(list)
    for line in tuple(work.all_lines()):
        lines[raw.get(work.lines.row(line.id)["raw_row_id"], 0)].append(line)
    for mark, (_, most) in kept.items():
        _cut(work, lines.get(mark, []), most)
    for order in work.orders.values():
        _settle(work, order)
    work.write()


def _raw_rows(session: Session, company_id: int, scope_id: int, refs: list[str]) -> dict[int, int]:
    query = sa.select(RawRow.id, RawRow.fingerprint).where(
        RawRow.company_id == company_id,
        RawRow.scope_id == scope_id,
        any_of(session, RawRow.document_ref, refs),
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _cut(work: Work, lines: list[LineWork], most: int) -> None:
    """Cancel open units of the parts of one line until no more are left than are wanted."""
    beyond = sum(line.quantity for line in lines if not line.cancelled) - most
    for line in lines:
        if beyond > 0 and line.is_open and line.is_goods:
            units = min(beyond, line.quantity)
            beyond -= units
            _cancel(work, line, units)


def _cancel(work: Work, line: LineWork, units: int) -> None:
    for sku_id, each in line.parts:
        needless = units * each
        found = work.promised(line, sku_id)
        # What is waited for goes first: a promise that was kept serves the rest.
        for warehouse_id, sums in sorted(found.items(), key=lambda item: -item[1][1]):
            if taken := min(needless, sum(sums)):
                work.take_back(line, sku_id, warehouse_id, taken)
                needless -= taken
    gone = line if units == line.quantity else work.divide(line, units)
    gone.cancelled = gone.quantity
    work.lines.cancel(gone.id)
    work.record.event(line.order.id, "line_cancelled", code=line.code, units=units)


def _settle(work: Work, order: OrderWork) -> None:
    """Let an order no longer wait for what nobody wants any more."""
    if "short" in order.exceptions and not work.short_of(order):
        work.solve(order, "short")
        if order.state == State.BACKORDERED:
            work.step(order, State.TO_ALLOCATE)
            work.step(order, State.ALLOCATED)
    if order.state == State.PARTIALLY_SHIPPED and not order.open_goods:
        work.jump(order, State.SHIPPED)
