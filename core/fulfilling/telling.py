"""Telling channels which parcels of what they sold have left, and by which number to follow them.

A connector looks whether the channel knows of a parcel before it tells of it, so that a parcel of
which no answer came is told again.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from dataclasses import dataclass
from typing import Any

import httpx2
import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm import aliased

from core import clock
from core.channels.calling import as_addon
from core.channels.calling import calling
from core.channels.calling import connector_with
from core.channels.calling import noting_failure
from core.channels.external import PushResult
from core.channels.external import Shipment
from core.channels.models import RawRow
from core.db import any_of
from core.errors import ConnectorError
from core.fulfilling.models import Notice
from core.fulfilling.noticing import METHODS
from core.fulfilling.noticing import REFUSED
from core.fulfilling.noticing import TOLD
from core.fulfilling.noticing import UNTOLD
from core.fulfilling.noticing import WAITING
from core.fulfilling.noticing import wake
from core.kernel.connection_states import note_success
from core.kernel.connections import ConnectionInfo
from core.kernel.kernel import Kernel
from core.kernel.leases import Grant
from core.kernel.leases import held
from core.orders.models import Order
from core.orders.record import Actor
from core.orders.record import Record

BATCH = 25
LEASE_SECONDS = 300.0
MAX_TEXT = 2000


@dataclass(slots=True)
class Heard:
    """How many parcels a channel was told of, and how many it refused."""

    told: int = 0
    refused: int = 0

    def as_json(self) -> dict[str, int]:
        """Return it as the command line shows it."""
        return asdict(self)


def tell_parcels(
    kernel: Kernel,
    connection: ConnectionInfo,
    *,
    transport: httpx2.BaseTransport | None = None,
) -> Heard:
    """Tell a channel of every parcel that it was not told of yet.

    Raises: Conflict when another process is at it, ConnectorError as the connector raised it,
    AddonFailed; what was told is kept.
    """
    connector = connector_with(kernel, connection, METHODS[0], "takes no word of parcels")
    heard = Heard()
    with (
        held(kernel.db, f"parcels:{connection.id}", LEASE_SECONDS) as grant,
        noting_failure(kernel, connection),
        calling(kernel, connection, connector, transport) as call,
    ):
        while batch := _waiting(kernel, connection, connector):
            with as_addon(kernel, connection.addon, f"connector:{METHODS[0]}", "Run it again."):
                answers = list(connector.confirm_shipments(call, batch))
            if {each.key for each in answers} != {each.key for each in batch}:
                raise ConnectorError("The connector did not answer of every parcel.")
            _keep(kernel, connection, grant, answers)
            heard.told += sum(each.taken for each in answers)
            heard.refused += sum(not each.taken for each in answers)
            grant.renew()
    with kernel.db.write() as session:
        note_success(session, connection)
    return heard


def _waiting(kernel: Kernel, connection: ConnectionInfo, connector: Any) -> list[Shipment]:
    """Return the next parcels, each with the channel's own names of its order and lines."""
    with kernel.db.read() as session:
        query = (
            sa.select(Notice)
            .where(
                Notice.company_id == connection.company_id,
                Notice.connection_id == connection.id,
                Notice.state == WAITING,
            )
            .order_by(Notice.id)
            .limit(BATCH)
        )
        notices = list(session.scalars(query))
        refs = _refs(session, connection, {each.order_id for each in notices})
        rows = {int(row) for each in notices for row in each.lines}
        payloads = _payloads(session, connection, rows)
    names = {}
    with as_addon(kernel, connection.addon, "connector:line_of", "Upgrade or mend the addon."):
        names = {row: connector.line_of(text) for row, text in payloads.items()}
    return [
        Shipment(
            refs[each.order_id],
            each.carrier,
            each.tracking,
            each.shipped_at,
            {names[int(row)]: units for row, units in each.lines.items()},
            str(each.id),
        )
        for each in notices
    ]


def _refs(
    session: Session, connection: ConnectionInfo, order_ids: Collection[int]
) -> dict[int, str]:
    """Return the channel's numbers of orders; a part of one bears the number of the whole."""
    whole = aliased(Order)
    query = (
        sa.select(Order.id, sa.func.coalesce(whole.external_ref, Order.external_ref))
        .outerjoin(whole, (whole.company_id == Order.company_id) & (whole.id == Order.origin_id))
        .where(
            Order.company_id == connection.company_id, any_of(session, Order.id, sorted(order_ids))
        )
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _payloads(
    session: Session, connection: ConnectionInfo, row_ids: Collection[int]
) -> dict[int, str]:
    query = sa.select(RawRow.id, RawRow.payload).where(
        RawRow.company_id == connection.company_id, any_of(session, RawRow.id, sorted(row_ids))
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _keep(
    kernel: Kernel, connection: ConnectionInfo, grant: Grant, answers: list[PushResult]
) -> None:
    found = {int(each.key): each for each in answers}
    with kernel.db.write() as session:
        grant.require(session)
        record = Record(session, connection.company_id, Actor(connection.label))
        query = sa.select(Notice).where(
            Notice.company_id == connection.company_id, any_of(session, Notice.id, sorted(found))
        )
        for row in session.scalars(query.with_for_update()):
            answer = found[row.id]
            row.row_version += 1
            row.reason = answer.reason[:MAX_TEXT]
            row.state, row.told_at = (TOLD, clock.now()) if answer.taken else (REFUSED, None)
            if answer.taken:
                record.event(row.order_id, "told_channel", tracking=row.tracking)
                record.solve(row.order_id, UNTOLD)
            else:
                record.raise_exception(row.order_id, UNTOLD, reason=row.reason)
        session.flush()
        record.write()


def settle_untold(
    session: Session, company_id: int, order_id: int, actor: Actor, *, known: bool
) -> int:
    """Tell a channel again of the parcels that it refused, or say that it knows of them by now.

    Return how many there are.
    """
    query = sa.select(Notice).where(
        Notice.company_id == company_id, Notice.order_id == order_id, Notice.state == REFUSED
    )
    rows = list(session.scalars(query.with_for_update()))
    for row in rows:
        row.state, row.row_version = TOLD if known else WAITING, row.row_version + 1
    session.flush()
    if not known:
        for connection_id in sorted({row.connection_id for row in rows}):
            wake(session, connection_id, company_id)
        return len(rows)
    record = Record(session, company_id, actor)
    record.event(order_id, "solved", exception=UNTOLD)
    record.solve(order_id, UNTOLD)
    record.write()
    return len(rows)
