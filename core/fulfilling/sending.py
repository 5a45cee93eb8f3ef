"""Telling the warehouses of others what they shall send, and what they shall not send after all.

One process at a time tells a connection, each fulfilment by itself: claimed, told outside of any
transaction, then marked. What was claimed by one that died may have been told; the warehouse is
told that, and looks for the key before it makes anything.
"""

from __future__ import annotations

from dataclasses import asdict
from dataclasses import dataclass
from typing import Any

import httpx2
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.channels.calling import as_addon
from core.channels.calling import calling
from core.channels.calling import connector_with
from core.channels.calling import is_passing
from core.channels.calling import noting_failure
from core.channels.capabilities import Call
from core.channels.external import PushResult
from core.channels.fulfilments import FulfilmentLine
from core.channels.fulfilments import FulfilmentOrder
from core.errors import ConnectorError
from core.fulfilling.asking import ACCEPTED
from core.fulfilling.asking import REFUSED
from core.fulfilling.asking import SENDING
from core.fulfilling.asking import WAITING
from core.fulfilling.models import Fulfilment
from core.fulfilling.models import FulfilmentItem
from core.fulfilling.outcomes import give_back
from core.fulfilling.outcomes import go_on_there
from core.fulfilling.outcomes import opened
from core.fulfilling.serving import METHOD
from core.kernel.connection_states import note_success
from core.kernel.connections import ConnectionInfo
from core.kernel.kernel import Kernel
from core.kernel.leases import Grant
from core.kernel.leases import held
from core.orders.models import Order
from core.privacy.records import read_people
from core.rules.models import OrderChoice

LEASE_SECONDS = 300.0
MAX_TEXT = 2000
NO_ADDRESS = "Nothing is known of where the parcel goes."


@dataclass(slots=True)
class Told:
    """How many fulfilments a warehouse took, refused, and was asked to stop."""

    taken: int = 0
    refused: int = 0
    stopped: int = 0

    def as_json(self) -> dict[str, int]:
        """Return it as the command line shows it."""
        return asdict(self)


def send_waiting(
    kernel: Kernel,
    connection: ConnectionInfo,
    *,
    transport: httpx2.BaseTransport | None = None,
) -> Told:
    """Tell a connection's warehouse what waits to be told.

    Raises: Conflict when another process is at it, ConnectorError, AddonFailed; what was told is
    kept, and the rest is told by the next run.
    """
    connector = connector_with(kernel, connection, METHOD, "has no warehouse that sends")
    told = Told()
    with (
        held(kernel.db, f"fulfilling:{connection.id}", LEASE_SECONDS) as grant,
        noting_failure(kernel, connection),
        calling(kernel, connection, connector, transport) as call,
    ):
        while (claimed := _claim(kernel, connection, grant)) is not None:
            answer = _tell(kernel, connection, connector, call, claimed)
            _keep(kernel, connection, grant, claimed, answer)
            told.taken, told.refused = told.taken + answer.taken, told.refused + (not answer.taken)
            grant.renew()
        for key, order_id in _to_stop(kernel, connection):
            with as_addon(kernel, connection.addon, "connector:cancel_fulfilment", "Run it again."):
                answer = connector.cancel_fulfilment(call, key)
            _keep_stop(kernel, connection, grant, order_id, answer)
            told.stopped += answer.taken
            grant.renew()
    with kernel.db.write() as session:
        note_success(session, connection)
    return told


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A fulfilment to be told; `order` is None where it has nowhere to go."""

    id: int
    order_id: int
    key: str
    order: FulfilmentOrder | None
    again: bool


def _claim(kernel: Kernel, connection: ConnectionInfo, grant: Grant) -> _Claimed | None:
    """Take the next fulfilment, first what one that died may have told already."""
    with kernel.db.write() as session:
        grant.require(session)
        row = session.scalars(
            sa.select(Fulfilment)
            .where(*of_connection(connection), Fulfilment.state.in_((SENDING, WAITING)))
            .order_by(Fulfilment.state, Fulfilment.id)
            .limit(1)
            .with_for_update()
        ).one_or_none()
        if row is None:
            return None
        again = row.state == SENDING
        row.state, row.attempts = SENDING, row.attempts + 1
        row.sent_at, row.row_version = clock.now(), row.row_version + 1
        return _Claimed(row.id, row.order_id, row.key, order_to_send(session, row), again)


def of_connection(connection: ConnectionInfo) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the conditions that a fulfilment is one of a connection."""
    return (
        Fulfilment.company_id == connection.company_id,
        Fulfilment.connection_id == connection.id,
    )


def order_to_send(session: Session, row: Fulfilment) -> FulfilmentOrder | None:
    """Return what a warehouse is told of a fulfilment; None without an address."""
    company_id = row.company_id
    person = read_people(session, company_id, [row.order_id]).get(row.order_id)
    if person is None or person.address.is_empty():
        return None
    order = session.get_one(Order, (company_id, row.order_id))
    choice = session.get(OrderChoice, (company_id, row.order_id))
    items = session.scalars(
        sa.select(FulfilmentItem)
        .where(FulfilmentItem.company_id == company_id, FulfilmentItem.fulfilment_id == row.id)
        .order_by(FulfilmentItem.id)
    )
    return FulfilmentOrder(
        row.key,
        order.external_ref,
        order.ordered_at,
        [FulfilmentLine(str(each.id), each.code, each.quantity) for each in items],
        person.address,
        (choice.service or choice.requested_service or "") if choice is not None else "",
    )


def _tell(
    kernel: Kernel, connection: ConnectionInfo, connector: Any, call: Call, claimed: _Claimed
) -> PushResult:
    if claimed.order is None:
        return PushResult(claimed.key, False, NO_ADDRESS)
    try:
        with as_addon(kernel, connection.addon, "connector:send_fulfilment", "Run it again."):
            found: PushResult = connector.send_fulfilment(call, claimed.order, again=claimed.again)
    except ConnectorError as error:
        if is_passing(error):
            raise
        # What will not pass must not keep what waits behind it.
        return PushResult(claimed.key, False, str(error))
    return found


def _keep(
    kernel: Kernel, connection: ConnectionInfo, grant: Grant, claimed: _Claimed, answer: PushResult
) -> None:
    with kernel.db.write() as session:
        grant.require(session)
        work = None if answer.taken else opened(session, connection, claimed.order_id)
        row = _locked(session, connection, claimed.key)
        row.row_version += 1
        row.reason = answer.reason[:MAX_TEXT]
        row.state = REFUSED if work is not None else ACCEPTED
        session.flush()
        if work is not None:
            give_back(work, row)
            work.write()


def _to_stop(kernel: Kernel, connection: ConnectionInfo) -> list[tuple[str, int]]:
    """Return the keys and orders of what the warehouse has and is still to be told to stop."""
    query = sa.select(Fulfilment.key, Fulfilment.order_id).where(
        *of_connection(connection),
        Fulfilment.state == ACCEPTED,
        Fulfilment.wants != "",
        Fulfilment.stop_told_at.is_(None),
    )
    with kernel.db.read() as session:
        return [(row[0], row[1]) for row in session.execute(query.order_by(Fulfilment.id))]


def _keep_stop(
    kernel: Kernel, connection: ConnectionInfo, grant: Grant, order_id: int, answer: PushResult
) -> None:
    with kernel.db.write() as session:
        grant.require(session)
        work = None if answer.taken else opened(session, connection, order_id)
        row = _locked(session, connection, answer.key)
        row.row_version += 1
        if work is None:
            row.stop_told_at = clock.now()
            return
        row.wants, row.reason = "", answer.reason[:MAX_TEXT]
        session.flush()
        go_on_there(work, row)
        work.write()


def _locked(session: Session, connection: ConnectionInfo, key: str) -> Fulfilment:
    query = sa.select(Fulfilment).where(*of_connection(connection), Fulfilment.key == key)
    return session.scalars(query.with_for_update()).one()
