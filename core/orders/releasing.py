"""Handing orders to the warehouse, and following them there until the parcel is packed."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from core.errors import Conflict
from core.fulfilling.asking import RECALL
from core.fulfilling.asking import Stopped
from core.fulfilling.asking import ask_for
from core.fulfilling.asking import stop
from core.orders.allocating import whole_units
from core.orders.deeds import deed_of_orders
from core.orders.orderwork import Work
from core.orders.outcome import Outcome
from core.orders.outcome import outcomes
from core.orders.record import Actor
from core.orders.states import State

STEPS = (State.RELEASED, State.PICKING, State.PACKED)
"""What the warehouse does, in its order."""


@deed_of_orders("released")
def release(
    session: Session, company_id: int, order_ids: Collection[int], actor: Actor
) -> list[Outcome]:
    """Hand allocated orders to the warehouse, with all that leave in the same parcel.

    A warehouse of somebody else is asked for what lies there.
    """
    return advance(session, company_id, order_ids, actor, to=State.RELEASED)


@deed_of_orders("recalled")
def recall(
    session: Session, company_id: int, order_ids: Collection[int], actor: Actor
) -> list[Outcome]:
    """Take orders back from the warehouse before it has begun to pick them.

    A warehouse of somebody else that knows of one is asked to stop; it comes back once it has.
    """
    return advance(session, company_id, order_ids, actor, to=State.ALLOCATED)


@deed_of_orders("advanced")
def advance(
    session: Session, company_id: int, order_ids: Collection[int], actor: Actor, *, to: State
) -> list[Outcome]:
    """Take orders one step on in the warehouse.

    Raises: Conflict for an order that is not there yet, that somebody wants to cancel, or whose
    goods were lost meanwhile.
    """
    work = Work(session, company_id, actor)
    work.open_consignments(order_ids)
    stopped = Stopped(frozenset(), frozenset())
    if to == State.ALLOCATED:
        stopped = stop(session, company_id, work.orders, RECALL)
    for order in work.orders.values():
        if order.state == State.CANCEL_REQUESTED:
            raise Conflict(
                f"Somebody wants to cancel order {order.ref}.",
                hint="Confirm the cancellation or refuse it first.",
            )
        if order.id in stopped.asked:
            work.record.event(order.id, "recall_asked")
            continue
        if to in STEPS and "short" in order.exceptions:
            raise Conflict(
                f"Order {order.ref} still waits for goods.",
                hint="Split off what is there, or wait for the rest.",
            )
        work.step(order, to)
        if to == State.ALLOCATED and "short" in order.exceptions:
            work.step(order, State.TO_ALLOCATE)
            work.step(order, State.BACKORDERED, missing=work.short_of(order))
    if to == State.RELEASED:
        held = {line.id: whole_units(work, line) for line in work.all_lines() if line.is_open}
        ask_for(work, work.orders.values(), held)
    work.write()
    return outcomes(work.orders.values())
