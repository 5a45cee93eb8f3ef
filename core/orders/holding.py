"""Holding orders: parked, which keeps their goods, or locked, which gives them back."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from core.orders.deeds import deed_of_orders
from core.orders.orderwork import Work
from core.orders.outcome import Outcome
from core.orders.outcome import outcomes
from core.orders.record import Actor
from core.orders.states import State

PARKED = "parked"
LOCKED = "locked"


@deed_of_orders("held")
def hold(
    session: Session,
    company_id: int,
    order_ids: Collection[int],
    actor: Actor,
    *,
    keep_stock: bool = True,
) -> list[Outcome]:
    """Hold orders until they are approved or resumed.

    Raises: Conflict for an order that the warehouse works on, or that has left.
    """
    work = Work(session, company_id, actor)
    work.open(order_ids)
    kind = PARKED if keep_stock else LOCKED
    for order in work.orders.values():
        if order.state == State.BACKORDERED:
            work.step(order, State.TO_ALLOCATE)
        if order.state != State.ON_HOLD:
            work.step(order, State.ON_HOLD, hold=kind)
        order.hold = kind
        work.record.set(order.id, hold=kind)
        if not keep_stock:
            for line in order.open_goods:
                work.give_up(line)
            work.solve(order, "short")
    work.write()
    return outcomes(work.orders.values())


@deed_of_orders("resumed")
def resume(
    session: Session, company_id: int, order_ids: Collection[int], actor: Actor
) -> list[Outcome]:
    """Let held orders be reviewed again; `approve` lets them go on at once.

    Raises: Conflict for an order that is not held.
    """
    work = Work(session, company_id, actor)
    work.open(order_ids)
    for order in work.orders.values():
        work.step(order, State.TO_REVIEW)
        order.hold = None
        work.record.set(order.id, hold=None)
    work.write()
    return outcomes(work.orders.values())
