"""Writing down of which parcels a channel is to be told, with what makes them leave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from core.fulfilling.models import Notice
from core.kernel import hooks
from core.kernel.jobs import enqueue
from core.kernel.models import Connection

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.orders.inhand import LineWork
    from core.orders.inhand import OrderWork
    from core.orders.orderwork import Work

TELL_TASK = "fulfilling.tell"
METHODS = ("confirm_shipments", "line_of")
WAITING, TOLD, REFUSED = "waiting", "told", "refused"
UNTOLD = "untold"
"""The queue of orders whose channel refused a parcel."""

OF_THE_CHANNEL = (None, "split")
"""What became of an order there that the channel knows: itself, and its parts."""


@dataclass(frozen=True, slots=True)
class Left:
    """A parcel that leaves, with the lines in it."""

    order: OrderWork
    lines: Sequence[LineWork]
    at: datetime
    carrier: str
    tracking: str


def note_parcels(work: Work, parcels: Iterable[Left]) -> None:
    """Have the channels told of parcels of what they sold; who takes no such word is not."""
    found = [each for each in parcels if each.order.origin_kind in OF_THE_CHANNEL and each.lines]
    channels = _channels(work, found)
    told = set[int]()
    for each in found:
        connection_id = channels.get((each.order.platform, each.order.account))
        # What the channel says itself, it knows.
        if connection_id is None or each.order.remote_state in ("shipped", "delivered"):
            continue
        lines: Counter[str] = Counter()
        for line in each.lines:
            lines[str(work.lines.row(line.id)["raw_row_id"])] += line.quantity
        told.add(connection_id)
        work.session.add(
            Notice(
                company_id=work.company_id,
                id=next(work.ids),
                order_id=each.order.id,
                connection_id=connection_id,
                carrier=each.carrier,
                tracking=each.tracking,
                shipped_at=each.at,
                lines=dict(lines),
                state=WAITING,
                reason="",
                created_at=work.now,
            )
        )
    for connection_id in sorted(told):
        wake(work.session, connection_id, work.company_id)


def wake(session: Session, connection_id: int, company_id: int) -> None:
    """Have the job run that tells a channel of parcels."""
    enqueue(
        session,
        TELL_TASK,
        {},
        unique=str(connection_id),
        connection_id=connection_id,
        company_id=company_id,
    )


def _channels(work: Work, parcels: Sequence[Left]) -> dict[tuple[str, str], int]:
    """Return the connections that take word of parcels, by platform and account."""
    if not parcels or work.session.info.get("kernel") is None:
        return {}
    able = {
        addon: connector.platform
        for addon, connector in hooks.collect(work.session, "connectors")
        if all(callable(getattr(connector, method, None)) for method in METHODS)
    }
    sold_on = {(each.order.platform, each.order.account) for each in parcels}
    if not {platform for platform, _ in sold_on} & set(able.values()):
        return {}
    query = (
        sa.select(Connection.id, Connection.addon, Connection.account)
        .where(Connection.company_id == work.company_id, Connection.addon.in_(sorted(able)))
        .order_by(Connection.id.desc())
    )
    rows = work.session.execute(query).all()
    return {(able[row.addon], row.account): row.id for row in rows}
