"""Cancelling orders, or lines of them: what has left stays a fact, the rest is given back."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from core.errors import Conflict
from core.errors import NotFound
from core.fulfilling.asking import CANCEL
from core.fulfilling.asking import stop
from core.orders.cancel_requests import BEFORE
from core.orders.cancel_requests import states_before
from core.orders.deeds import deed_of_orders
from core.orders.inhand import OrderWork
from core.orders.orderwork import Work
from core.orders.outcome import Outcome
from core.orders.outcome import outcomes
from core.orders.record import Actor
from core.orders.states import IN_WAREHOUSE
from core.orders.states import State
from core.orders.states import require


@deed_of_orders("cancelled")
def cancel(
    session: Session, company_id: int, order_ids: Collection[int], actor: Actor
) -> list[Outcome]:
    """Cancel orders and give back their goods; one that the warehouse works on is only asked for.

    Raises: Conflict for an order that has left as a whole.
    """
    work = Work(session, company_id, actor)
    work.open(order_ids)
    stopped = stop(session, company_id, work.orders, CANCEL)
    for order in work.orders.values():
        if order.state in IN_WAREHOUSE:
            work.step(order, State.CANCEL_REQUESTED, **{BEFORE: str(order.state)})
            if order.id in stopped.let_go:
                # The warehouse of somebody else was not told of it yet.
                drop(work, order)
        else:
            require(order.ref, order.state, State.CANCELLED)
            drop(work, order)
    work.write()
    return outcomes(work.orders.values())


@deed_of_orders("cancel_confirmed")
def confirm_cancel(
    session: Session, company_id: int, order_ids: Collection[int], actor: Actor
) -> list[Outcome]:
    """Note that the warehouse has stopped orders whose cancellation was asked for.

    Raises: Conflict for an order whose cancellation nobody asked for.
    """
    work = Work(session, company_id, actor)
    work.open(order_ids)
    for order in work.orders.values():
        _require_request(order)
        drop(work, order)
    work.write()
    return outcomes(work.orders.values())


@deed_of_orders("cancel_refused")
def refuse_cancel(
    session: Session,
    company_id: int,
    order_ids: Collection[int],
    actor: Actor,
    *,
    back_to: State | None = None,
) -> list[Outcome]:
    """Note that orders are not cancelled: they go on from where they were.

    `back_to` says how far the warehouse is by now. Raises: Conflict for an order whose
    cancellation nobody asked for.
    """
    work = Work(session, company_id, actor)
    work.open(order_ids)
    before = states_before(session, company_id, order_ids) if back_to is None else {}
    for order in work.orders.values():
        _require_request(order)
        was = back_to or before.get(order.id, State.PACKED)
        if was in IN_WAREHOUSE:
            work.step(order, was)
        else:
            # A buyer asked before the warehouse began.
            work.jump(order, was)
    work.write()
    return outcomes(work.orders.values())


def _require_request(order: OrderWork) -> None:
    if order.state != State.CANCEL_REQUESTED:
        raise Conflict(f"Order {order.ref} is {order.state}: nobody asked to cancel it.")


def drop(work: Work, order: OrderWork) -> None:
    """Cancel what has not left of an order; a fact when the platform says so."""
    work.stopped.add(order.id)
    units = 0
    for line in order.open_goods:
        units += work.give_up(line)
    for line in (*order.open_goods, *order.open_charges):
        line.cancelled = line.quantity or 1
        work.lines.cancel(line.id)
    order.hold = None
    work.record.set(order.id, hold=None, consignment_id=None)
    for kind in tuple(order.exceptions - {"waiting"}):
        work.solve(order, kind)
    work.jump(order, State.CANCELLED, given_back=units)


@deed_of_orders("lines_cancelled")
def cancel_lines(
    session: Session, company_id: int, order_id: int, actor: Actor, *, line_ids: Collection[int]
) -> list[Outcome]:
    """Cancel some lines of an order before they leave; the order itself goes on.

    Raises: NotFound for a line that is not open in this order, Conflict where the warehouse works
    on it already, or no line would be left.
    """
    work = Work(session, company_id, actor)
    work.open([order_id])
    order = work.orders[order_id]
    if order.state in {*IN_WAREHOUSE, State.CANCEL_REQUESTED}:
        raise Conflict(
            f"The warehouse works on order {order.ref}.", hint="Take it back first: recall."
        )
    wanted = [line for line in order.open_goods if line.id in set(line_ids)]
    if len(wanted) != len(set(line_ids)):
        raise NotFound(f"Not all of these are open lines of order {order.ref}.")
    if len(wanted) == len(order.open_goods):
        raise Conflict(f"No line of order {order.ref} would be left.", hint="Cancel the order.")
    for line in wanted:
        units = work.give_up(line)
        line.cancelled = line.quantity
        work.lines.cancel(line.id)
        work.record.event(order.id, "line_cancelled", code=line.code, given_back=units)
    if "short" in order.exceptions and not work.short_of(order):
        work.solve(order, "short")
        if order.state == State.BACKORDERED:
            work.step(order, State.TO_ALLOCATE)
            work.step(order, State.ALLOCATED)
    work.write()
    return outcomes(work.orders.values())
