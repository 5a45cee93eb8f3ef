"""What becomes of an order when a warehouse of somebody else does not do what it was asked."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from core.fulfilling.asking import CANCEL
from core.fulfilling.asking import CANCELLED
from core.fulfilling.asking import EXCEPTION
from core.fulfilling.asking import RECALL
from core.fulfilling.models import Fulfilment
from core.kernel.connections import ConnectionInfo
from core.orders.cancel_requests import BEFORE
from core.orders.cancelling import drop
from core.orders.orderwork import Work
from core.orders.record import Actor
from core.orders.states import IN_WAREHOUSE
from core.orders.states import State

STOPPED_THERE = "The warehouse cancelled it."
NOT_STOPPED = "The warehouse could not stop it."
LEFT = "It left although it was cancelled."
LEFT_MORE = "More left than the order has."


def opened(
    session: Session,
    connection: ConnectionInfo,
    order_id: int,
    *,
    warehouses: Collection[int] = (),
) -> Work:
    """Return the work on an order by the word of a warehouse.

    It is opened before any fulfilment is locked, as whoever hands orders over does.
    """
    work = Work(session, connection.company_id, Actor(connection.label))
    work.also = frozenset(warehouses)
    work.open([order_id])
    return work


def give_back(work: Work, row: Fulfilment) -> None:
    """Let an order that will not be sent wait for somebody to say from where else it shall leave.

    One whose cancellation was asked for here is cancelled, one that was recalled comes back. What a
    buyer asked his platform to cancel is the seller's to answer: refused, it is released again.
    """
    order = work.orders[row.order_id]
    if order.state == order.remote_state == State.CANCEL_REQUESTED:
        work.record.event(order.id, State.CANCEL_REQUESTED, **{BEFORE: str(State.ALLOCATED)})
        return
    if order.state == State.CANCEL_REQUESTED or (
        row.wants == CANCEL and order.state in IN_WAREHOUSE
    ):
        drop(work, order)
        return
    if not order.open_goods:
        return
    if row.wants == RECALL and order.state in IN_WAREHOUSE:
        work.jump(order, State.ALLOCATED)
        return
    reason = row.reason or (STOPPED_THERE if row.state == CANCELLED else row.status)
    if order.state in IN_WAREHOUSE:
        work.jump(order, State.TO_ALLOCATE, reason=reason)
    else:
        work.record.event(order.id, "warehouse_refused", reason=reason)
    work.raise_exception(order, EXCEPTION, reason=reason)


def go_on_there(work: Work, row: Fulfilment) -> None:
    """Let an order go on that a warehouse could not stop; one that is cancelled needs a person."""
    order = work.orders[row.order_id]
    if order.state == State.CANCEL_REQUESTED:
        work.step(order, State.RELEASED)
    work.record.event(order.id, "not_stopped", reason=row.reason)
    if order.state == State.CANCELLED:
        work.raise_exception(order, EXCEPTION, reason=f"{NOT_STOPPED} {row.reason}".strip())
