"""Having a platform pay to the bank before its day: asked for once, whatever is cut off.

A wish is written down before the platform hears of it. One without an answer may have been heard:
the platform's own list of payouts says so before anything is asked again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta

import httpx2
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.channels.calling import as_addon
from core.channels.calling import calling
from core.channels.calling import connector_with
from core.channels.calling import noting_failure
from core.channels.external import PushResult
from core.errors import Conflict
from core.errors import ConnectorError
from core.errors import OutcomeUnknown
from core.identity.deeds import say
from core.ids import next_id
from core.kernel import hooks
from core.kernel.connection_states import note_success
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import list_connections
from core.kernel.kernel import Kernel
from core.kernel.leases import held
from core.kernel.models import Connection
from core.settlements.models import PayoutWish
from core.settlements.payouts import read_payouts

METHOD = "begin_payout"
SENDING, BEGUN, REFUSED, LOST = "sending", "begun", "refused", "lost"
LEASE_SECONDS = 300.0
CLOCKS_DIFFER = timedelta(minutes=5)
PATIENCE = timedelta(hours=1)
"""For so long a platform may not show yet what it has begun."""
MOST = 20
MAX_TEXT = 2000


@dataclass(frozen=True, slots=True)
class Wished:
    """A payout that was asked for; `found` says that it was there already and nothing was sent."""

    id: int
    connection: str
    state: str
    external_ref: str
    reason: str
    asked_at: datetime
    asked_by: str
    found: bool = False


def demand_payout(
    kernel: Kernel,
    connection: ConnectionInfo,
    *,
    actor: str,
    transport: httpx2.BaseTransport | None = None,
) -> Wished:
    """Have a platform pay out now what it owes; what it refuses is returned with its reason.

    Raises: NotFound where it cannot be asked, Conflict while another process asks, or while nobody
    can know what became of the last wish; OutcomeUnknown without an answer, ConnectorError when
    nothing was begun, AddonFailed.
    """
    connector_with(kernel, connection, METHOD, "begins no payouts")
    with held(kernel.db, f"settlements.payout:{connection.id}", LEASE_SECONDS):
        last = _last(kernel, connection)
        if last is not None and last.state == SENDING:
            ref = _looked_up(kernel, connection, last, transport)
            if ref:
                return _kept(kernel, connection, last.id, BEGUN, ref=ref, found=True)
            if clock.now() < last.asked_at + PATIENCE:
                raise Conflict(
                    "Nobody knows yet whether the last payout was begun: no answer came.",
                    hint=f"The platform's list shows none; ask again after"
                    f" {last.asked_at + PATIENCE:%H:%M} UTC, when it will be looked up once more.",
                )
            _kept(kernel, connection, last.id, LOST, reason="The platform shows no such payout.")
        wish = _written(kernel, connection, actor)
        return _asked(kernel, connection, wish, transport)


def payout_wishes(session: Session, company_id: int) -> list[Wished]:
    """Return the payouts that were asked for, the newest first."""
    query = (
        sa.select(PayoutWish, Connection.label)
        .join(
            Connection,
            (Connection.company_id == PayoutWish.company_id)
            & (Connection.id == PayoutWish.connection_id),
        )
        .where(PayoutWish.company_id == company_id)
        .order_by(PayoutWish.id.desc())
        .limit(MOST)
    )
    return [_shown(row, label) for row, label in session.execute(query)]


def payers(session: Session, company_id: int) -> Sequence[ConnectionInfo]:
    """Return the connections whose platform pays out when it is asked to."""
    able = {
        addon
        for addon, connector in hooks.collect(session, "connectors")
        if callable(getattr(connector, METHOD, None))
    }
    found = list_connections(session, company_id=company_id) if able else ()
    return [each for each in found if each.addon in able]


def _last(kernel: Kernel, connection: ConnectionInfo) -> PayoutWish | None:
    query = (
        sa.select(PayoutWish)
        .where(
            PayoutWish.company_id == connection.company_id,
            PayoutWish.connection_id == connection.id,
        )
        .order_by(PayoutWish.id.desc())
        .limit(1)
    )
    with kernel.db.read() as session:
        return session.scalars(query).one_or_none()


def _looked_up(
    kernel: Kernel,
    connection: ConnectionInfo,
    wish: PayoutWish,
    transport: httpx2.BaseTransport | None,
) -> str:
    """Return what the platform calls the payout of a wish; empty when it shows none."""
    since = wish.asked_at - CLOCKS_DIFFER
    known = sa.select(PayoutWish.external_ref).where(
        PayoutWish.company_id == connection.company_id,
        PayoutWish.connection_id == connection.id,
        PayoutWish.asked_at >= since - CLOCKS_DIFFER,
    )
    with kernel.db.read() as session:
        others = {"", *session.scalars(known)}
    seen = read_payouts(kernel, connection, since, transport=transport)
    for each in seen:
        ours = each.on_demand and each.at is not None and each.at >= since
        if ours and each.external_id not in others:
            return each.external_id
    return ""


def _written(kernel: Kernel, connection: ConnectionInfo, actor: str) -> int:
    with kernel.db.write() as session:
        new = next_id(session)
        session.add(
            PayoutWish(
                company_id=connection.company_id,
                id=new,
                connection_id=connection.id,
                state=SENDING,
                external_ref="",
                reason="",
                asked_at=clock.now(),
                asked_by=actor,
            )
        )
        session.flush()
        subject = f"connection:{connection.label}"
        say(session, connection.company_id, "payout.demanded", subject, after={"wish": new},
            by=actor)  # fmt: skip
    return new


def _asked(
    kernel: Kernel,
    connection: ConnectionInfo,
    wish: int,
    transport: httpx2.BaseTransport | None,
) -> Wished:
    connector = connector_with(kernel, connection, METHOD, "begins no payouts")
    try:
        with (
            noting_failure(kernel, connection),
            calling(kernel, connection, connector, transport) as call,
            as_addon(kernel, connection.addon, f"connector:{METHOD}", "Look at its payouts first."),
        ):
            told: PushResult = connector.begin_payout(call, f"{connection.company_id}.{wish}")
    except OutcomeUnknown:
        raise
    except ConnectorError as error:
        _kept(kernel, connection, wish, REFUSED, reason=str(error))
        raise
    with kernel.db.write() as session:
        note_success(session, connection)
    state = BEGUN if told.taken else REFUSED
    return _kept(kernel, connection, wish, state, ref=told.ticket, reason=told.reason)


def _kept(
    kernel: Kernel,
    connection: ConnectionInfo,
    wish: int,
    state: str,
    *,
    ref: str = "",
    reason: str = "",
    found: bool = False,
) -> Wished:
    with kernel.db.write() as session:
        row = session.get_one(PayoutWish, (connection.company_id, wish), with_for_update=True)
        row.state, row.external_ref, row.reason = state, ref, reason[:MAX_TEXT]
        row.row_version += 1
        session.flush()
        subject = f"connection:{connection.label}"
        after = {"wish": wish, "state": state, "payout": ref, "reason": row.reason}
        say(session, connection.company_id, "payout.answered", subject, after=after)
        return _shown(row, connection.label, found=found)


def _shown(row: PayoutWish, label: str, *, found: bool = False) -> Wished:
    return Wished(
        row.id, label, row.state, row.external_ref, row.reason, row.asked_at, row.asked_by, found
    )
