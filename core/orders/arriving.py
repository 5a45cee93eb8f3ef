"""Goods of an announced return that are here: taken back, and no money with them.

The platform gives the buyer his money and tells of it with the order or in its settlement, which
books it. Where its refund names pieces that were taken back before, only its money is booked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.channels.connector import LineKind
from core.channels.external import ExternalLine
from core.channels.external import ExternalOrder
from core.channels.external import ExternalRefund
from core.db import any_of
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.identity.deeds import deed
from core.money import share_of
from core.orders.arrivals import lines_of
from core.orders.arrivals import sold_lines
from core.orders.lookups import Account
from core.orders.models import AnnouncedReturn
from core.orders.models import Order
from core.orders.outcome import Outcome
from core.orders.record import Actor
from core.orders.taking_back import Disposition
from core.orders.taking_back import take_back


def arrive(
    session: Session,
    company_id: int,
    return_id: int,
    actor: Actor,
    *,
    quantity: int | None = None,
    disposition: Disposition = "inspection",
) -> list[Outcome]:
    """Take the goods of an announced return back, all that is awaited or so many.

    Raises: NotFound for a return or an order that is not known, Conflict where the order has no
    such goods out, InputError for more than is awaited.
    """
    row = announced(session, company_id, return_id)
    awaited = row.quantity - row.arrived_quantity
    units = awaited if quantity is None else quantity
    if not 0 < units <= awaited:
        raise InputError(
            f"{units} of {row.code} cannot arrive, {awaited} are awaited.", where="quantity"
        )
    wanted = _wanted(session, row, units)
    # Before the goods: what comes back with them is counted as that of this return.
    row.arrived_quantity += units
    row.unpaid_quantity += units
    row.row_version += 1
    session.flush()
    done: list[Outcome] = []
    for order_id, quantities in wanted.items():
        done += take_back(
            session, company_id, order_id, actor,
            quantities=quantities, disposition=disposition, refund=False, reason=row.reason,
        )  # fmt: skip
    return done


def end_return(
    session: Session, company_id: int, return_id: int, actor: Actor, *, note: str = ""
) -> None:
    """Wait for a return no longer: no more of it comes.

    Raises: NotFound, Conflict for one that is not waited for.
    """
    row = announced(session, company_id, return_id)
    if row.ended_at is not None:
        raise Conflict(f"The return {row.external_ref} is not waited for any more.")
    if row.quantity and row.arrived_quantity >= row.quantity:
        raise Conflict(f"The return {row.external_ref} has arrived.")
    with deed(session, company_id, "return.ended", f"return:{row.id}", by=actor.name) as told:
        row.ended_at, row.ended_by, row.note = clock.now(), actor.name, note[:500]
        row.row_version += 1
        session.flush()
        if told is not None:
            told.after |= {"return": row.external_ref, "arrived": row.arrived_quantity}


def await_again(session: Session, company_id: int, return_id: int, actor: Actor) -> None:
    """Wait for a return again that somebody had ended.

    Raises: NotFound, Conflict for one that nobody ended.
    """
    row = announced(session, company_id, return_id)
    if row.ended_at is None:
        raise Conflict(f"Nobody ended the return {row.external_ref}.")
    with deed(session, company_id, "return.awaited", f"return:{row.id}", by=actor.name) as told:
        row.ended_at, row.ended_by, row.note = None, "", ""
        row.row_version += 1
        session.flush()
        if told is not None:
            told.after |= {"return": row.external_ref}


def announced(session: Session, company_id: int, return_id: int) -> AnnouncedReturn:
    """Return an announced return, locked.

    Raises: NotFound.
    """
    query = sa.select(AnnouncedReturn).where(
        AnnouncedReturn.company_id == company_id, AnnouncedReturn.id == return_id
    )
    row = session.scalar(query.with_for_update())
    if row is None:
        raise NotFound("There is no such return.")
    return row


def _wanted(session: Session, row: AnnouncedReturn, units: int) -> dict[int, dict[int, int]]:
    """Spread units of a return over the lines it means, by their order."""
    order_id = session.scalar(
        sa.select(Order.id).where(
            Order.company_id == row.company_id,
            Order.platform == row.platform,
            Order.account == row.account,
            Order.external_ref == row.order_ref,
        )
    )
    if order_id is None:
        raise NotFound(
            f"Order {row.order_ref} of the return {row.external_ref} is not known here.",
            hint="Fetch the orders of its time first: entrepot channel backfill.",
        )
    lines = lines_of(row, sold_lines(session, row.company_id, [order_id]).get(order_id, ()))
    left = units
    found: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for line in lines:
        if taken := min(left, line.out):
            found[line.order_id][line.id] = taken
            left -= taken
    if left:
        raise Conflict(
            f"Of {row.code or row.external_ref} order {row.order_ref} has {units - left} out, not"
            f" {units}.",
            hint="Take back on the page of the order what came instead.",
        )
    return dict(found)


def money_only_where_taken(
    session: Session, account: Account, orders: Iterable[ExternalOrder]
) -> dict[str, ExternalOrder]:
    """Return the orders whose refunds bring goods that were taken back before, without those goods.

    A refund that is known already stays as it is, for nothing of it is booked again.
    """
    by_ref = {each.external_id: each for each in orders if _brings_goods(each)}
    if not by_ref:
        return {}
    query = sa.select(AnnouncedReturn).where(
        AnnouncedReturn.company_id == account.company_id,
        AnnouncedReturn.platform == account.platform,
        AnnouncedReturn.account == account.account,
        any_of(session, AnnouncedReturn.order_ref, sorted(by_ref)),
        AnnouncedReturn.unpaid_quantity > 0,
    )
    unpaid: defaultdict[str, list[AnnouncedReturn]] = defaultdict(list)
    ordered = query.order_by(AnnouncedReturn.announced_at, AnnouncedReturn.id).with_for_update()
    for row in session.scalars(ordered):
        unpaid[row.order_ref].append(row)
    if not unpaid:
        return {}
    known = _known_refunds(session, account, [by_ref[ref] for ref in unpaid])
    found = {}
    for ref, rows in unpaid.items():
        order = by_ref[ref]
        refunds = tuple(
            refund if f"{ref}/{refund.external_id}" in known else _without_goods(refund, rows)
            for refund in order.refunds
        )
        found[ref] = replace(order, refunds=refunds)
    session.flush()
    return found


def _brings_goods(order: ExternalOrder) -> bool:
    return any(line.kind is LineKind.RETURN for each in order.refunds for line in each.lines)


def _known_refunds(session: Session, account: Account, orders: list[ExternalOrder]) -> set[str]:
    refs = sorted(f"{each.external_id}/{r.external_id}" for each in orders for r in each.refunds)
    query = sa.select(Order.external_ref).where(
        Order.company_id == account.company_id,
        Order.platform == account.platform,
        Order.account == account.account,
        any_of(session, Order.external_ref, refs),
    )
    return set(session.scalars(query))


def _without_goods(refund: ExternalRefund, rows: list[AnnouncedReturn]) -> ExternalRefund:
    lines: list[ExternalLine] = []
    for line in refund.lines:
        taken = 0
        if line.kind is LineKind.RETURN:
            for row in rows:
                if row.code == line.code or len(rows) == 1:
                    units = min(row.unpaid_quantity, -line.quantity - taken)
                    row.unpaid_quantity -= units
                    taken += units
        lines += _divided(line, taken)
    return replace(refund, lines=tuple(lines))


def _divided(line: ExternalLine, taken: int) -> list[ExternalLine]:
    """Divide a line into the money for what was taken before, and what comes back with it."""
    if not taken:
        return [line]
    whole = -line.quantity
    net = share_of(line.net, taken, whole)
    tax = None if line.tax is None else share_of(line.tax, taken, whole)
    money = replace(
        line,
        external_id=line.external_id if taken == whole else f"{line.external_id}/money",
        kind=LineKind.ADJUSTMENT,
        title=f"Refund of {line.title}",
        quantity=1,
        net=net,
        tax=tax,
    )
    if taken == whole:
        return [money]
    rest = None if line.tax is None or tax is None else line.tax - tax
    return [money, replace(line, quantity=line.quantity + taken, net=line.net - net, tax=rest)]
