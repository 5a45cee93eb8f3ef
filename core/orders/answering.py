"""Answering a buyer who wants to cancel: the platform is told first, then the order follows."""

from __future__ import annotations

from dataclasses import dataclass

import httpx2
import sqlalchemy as sa

from core.channels.calling import as_addon
from core.channels.calling import calling
from core.channels.calling import connector_with
from core.channels.calling import noting_failure
from core.channels.external import CancelAnswer
from core.errors import Conflict
from core.errors import NotFound
from core.kernel.connections import ConnectionInfo
from core.kernel.kernel import Kernel
from core.orders.cancelling import confirm_cancel
from core.orders.cancelling import refuse_cancel
from core.orders.models import Order
from core.orders.outcome import Outcome
from core.orders.record import Actor
from core.orders.states import State


@dataclass(frozen=True, slots=True)
class _Asked:
    """An order whose buyer wants to cancel it."""

    id: int
    ref: str


def answer_cancellation(
    kernel: Kernel,
    connection: ConnectionInfo,
    ref: str,
    actor: Actor,
    *,
    granted: bool,
    transport: httpx2.BaseTransport | None = None,
) -> list[Outcome]:
    """Tell the platform whether an order is cancelled, and let the order follow.

    The actor's reason is told to the platform. Raises: NotFound, Conflict where nobody asked or
    the platform refuses the answer; ConnectorError as the connector raised it.
    """
    does = "cannot answer requests to cancel"
    connector = connector_with(kernel, connection, "answer_cancellation", does)
    order = _asked(kernel, connection, connector.platform, ref)
    with (
        noting_failure(kernel, connection),
        calling(kernel, connection, connector, transport) as call,
        as_addon(kernel, connection.addon, "connector:answer_cancellation", "Try it again."),
    ):
        told = connector.answer_cancellation(call, CancelAnswer(order.ref, granted, actor.why))
    if not told.taken:
        raise Conflict(f"The platform does not take the answer for {ref}: {told.reason}")
    verb = confirm_cancel if granted else refuse_cancel
    with kernel.db.write() as session:
        return verb(session, connection.company_id, [order.id], actor)


def _asked(kernel: Kernel, connection: ConnectionInfo, platform: str, ref: str) -> _Asked:
    query = sa.select(Order.id, Order.external_ref, Order.remote_state, Order.state).where(
        Order.company_id == connection.company_id,
        Order.platform == platform,
        Order.account == connection.account,
        Order.external_ref == ref,
    )
    with kernel.db.read() as session:
        found = session.execute(query).one_or_none()
    if found is None:
        raise NotFound(f"There is no order {ref} of {connection.label}.")
    if not found.state == found.remote_state == State.CANCEL_REQUESTED:
        raise Conflict(f"Order {ref} is {found.state}: no buyer asked to cancel it.")
    return _Asked(found.id, found.external_ref)
