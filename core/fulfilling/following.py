"""Following what the warehouses of others send: parcels are booked as they left, and told once.

Each parcel comes in by a transaction of its own, named by the warehouse's own name for it: told
again it changes nothing, and whatever ends a run in its midst, the next one goes on behind it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Sequence
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
from core.channels.calling import noting_failure
from core.channels.fulfilments import FINAL
from core.channels.fulfilments import FulfilmentParcel
from core.channels.fulfilments import FulfilmentSeen
from core.channels.fulfilments import FulfilmentState
from core.errors import MappingError
from core.fulfilling.asking import ACCEPTED
from core.fulfilling.asking import CANCELLED
from core.fulfilling.asking import DONE
from core.fulfilling.asking import EXCEPTION
from core.fulfilling.asking import REFUSED
from core.fulfilling.models import Fulfilment
from core.fulfilling.models import FulfilmentItem
from core.fulfilling.models import Parcel
from core.fulfilling.outcomes import LEFT
from core.fulfilling.outcomes import LEFT_MORE
from core.fulfilling.outcomes import give_back
from core.fulfilling.outcomes import opened
from core.fulfilling.sending import MAX_TEXT
from core.fulfilling.sending import of_connection
from core.ids import next_id
from core.kernel.connection_states import note_success
from core.kernel.connections import ConnectionInfo
from core.kernel.kernel import Kernel
from core.orders.orderwork import Work
from core.orders.shipping import ship_from
from core.orders.states import State

METHOD = "read_fulfilments"
BATCH = 25
ENDS = {
    FulfilmentState.DONE: DONE,
    FulfilmentState.CANCELLED: CANCELLED,
    FulfilmentState.REFUSED: REFUSED,
}


@dataclass(slots=True)
class Followed:
    """How many fulfilments were asked about, and what came of them."""

    asked: int = 0
    parcels: int = 0
    finished: int = 0

    def as_json(self) -> dict[str, int]:
        """Return it as the command line shows it."""
        return asdict(self)


def follow(
    kernel: Kernel,
    connection: ConnectionInfo,
    *,
    transport: httpx2.BaseTransport | None = None,
) -> Followed:
    """Ask a connection's warehouse how far everything is that it was asked to send.

    Raises: ConnectorError as the connector raised it, AddonFailed; what was read is kept.
    """
    connector = connector_with(kernel, connection, METHOD, "tells nothing of what it sends")
    result = Followed()
    with (
        noting_failure(kernel, connection),
        calling(kernel, connection, connector, transport) as call,
    ):
        for keys in _batches(kernel, connection):
            with as_addon(kernel, connection.addon, f"connector:{METHOD}", "Run it again."):
                told: Sequence[FulfilmentSeen] = connector.read_fulfilments(call, keys)
            result.asked += len(keys)
            for seen in told:
                if seen.key not in keys:
                    raise MappingError("key", seen.key, hint="Nobody asked about it.")
                _take(kernel, connection, seen, result)
    with kernel.db.write() as session:
        note_success(session, connection)
    return result


def _batches(kernel: Kernel, connection: ConnectionInfo) -> list[list[str]]:
    query = sa.select(Fulfilment.key).where(
        *of_connection(connection), Fulfilment.state == ACCEPTED
    )
    with kernel.db.read() as session:
        keys = list(session.scalars(query.order_by(Fulfilment.id)))
    return [keys[at : at + BATCH] for at in range(0, len(keys), BATCH)]


def _take(
    kernel: Kernel, connection: ConnectionInfo, seen: FulfilmentSeen, result: Followed
) -> None:
    """Take what a warehouse says of one fulfilment: its new parcels, then how it ended."""
    with kernel.db.read() as session:
        row = _row(session, connection, seen.key)
        known = select_parcels(session, row.company_id, [row.id])
        place, order_id = row.warehouse_id, row.order_id
    refs = {each.external_ref for each in known}
    for parcel in seen.parcels:
        if parcel.ref not in refs:
            with kernel.db.write() as session:
                work = opened(session, connection, order_id, warehouses=[place])
                result.parcels += _take_parcel(work, connection, seen.key, parcel)
    with kernel.db.write() as session:
        # Most of the time nothing came of it: then no stock is locked.
        last = opened(session, connection, order_id) if seen.state in FINAL else None
        row = _row(session, connection, seen.key, lock=True)
        row.status, row.seen_at = seen.status, clock.now()
        row.row_version += 1
        if last is not None and row.state == ACCEPTED:
            _end(last, row, seen)
            last.write()
            result.finished += 1


def _take_parcel(
    work: Work, connection: ConnectionInfo, key: str, parcel: FulfilmentParcel
) -> bool:
    """Book a parcel and keep it; False where somebody else has taken it meanwhile."""
    session = work.session
    row = _row(session, connection, key, lock=True)
    if any(p.external_ref == parcel.ref for p in select_parcels(session, row.company_id, [row.id])):
        return False
    items = {str(each.id): each for each in items_of(session, row)}
    if unknown := sorted(parcel.lines.keys() - items.keys()):
        raise MappingError("lines", unknown[0], hint="The parcel holds what nobody asked for.")
    units = _units(items.values(), parcel)
    order = work.orders[row.order_id]
    how = (parcel.shipped_at, parcel.carrier, parcel.tracking)
    # A part of a bundle moves nothing yet: the bundle leaves with the last of its parts.
    if units and not ship_from(work, order, row.warehouse_id, units, *how):
        reason = LEFT if order.state == State.CANCELLED else LEFT_MORE
        work.raise_exception(order, EXCEPTION, reason=reason)
    session.add(
        Parcel(
            company_id=row.company_id,
            id=next_id(session),
            fulfilment_id=row.id,
            external_ref=parcel.ref,
            carrier=parcel.carrier,
            tracking=parcel.tracking,
            shipped_at=parcel.shipped_at,
            items=dict(parcel.lines),
            created_at=clock.now(),
        )
    )
    row.row_version += 1
    work.write(book="shipment")
    return True


def _units(items: Iterable[FulfilmentItem], parcel: FulfilmentParcel) -> dict[int, int]:
    """Add a parcel to what left of the items, and return how many units of each line that makes.

    A bundle has left once all of its components have, in as many parcels as it takes.
    """
    by_line: dict[int, list[FulfilmentItem]] = {}
    for item in items:
        by_line.setdefault(item.line_id, []).append(item)
    units: Counter[int] = Counter()
    for line_id, parts in by_line.items():
        before = min(part.shipped // part.each for part in parts)
        for part in parts:
            part.shipped += parcel.lines.get(str(part.id), 0)
        units[line_id] = min(part.shipped // part.each for part in parts) - before
    return dict(+units)


def _end(work: Work, row: Fulfilment, seen: FulfilmentSeen) -> None:
    """Note how a fulfilment ended; what of it was not sent goes back to the order."""
    row.state, row.reason = ENDS[seen.state], seen.reason[:MAX_TEXT]
    work.session.flush()
    left = any(item.shipped < item.quantity for item in items_of(work.session, row))
    if left:
        give_back(work, row)


def items_of(session: Session, row: Fulfilment) -> list[FulfilmentItem]:
    """Return what a warehouse was asked for by a fulfilment."""
    query = sa.select(FulfilmentItem).where(
        FulfilmentItem.company_id == row.company_id, FulfilmentItem.fulfilment_id == row.id
    )
    return list(session.scalars(query.order_by(FulfilmentItem.id)))


def select_parcels(session: Session, company_id: int, ids: Sequence[int]) -> list[Parcel]:
    """Return the parcels of some fulfilments, the first that left before all others."""
    query = sa.select(Parcel).where(
        Parcel.company_id == company_id, Parcel.fulfilment_id.in_(list(ids))
    )
    return list(session.scalars(query.order_by(Parcel.shipped_at, Parcel.id)))


def _row(
    session: Session, connection: ConnectionInfo, key: str, *, lock: bool = False
) -> Fulfilment:
    query: Any = sa.select(Fulfilment).where(*of_connection(connection), Fulfilment.key == key)
    found: Fulfilment = session.scalars(query.with_for_update() if lock else query).one()
    return found
