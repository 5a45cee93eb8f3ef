"""Answering a dispute: looked at first, told to the platform once, then noted at the order.

An answer is final. While one is on its way no other one begins; the connector looks first how the
dispute stands, so that one whose answer was lost on the way is not answered a second time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import httpx2
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.channels.calling import as_addon
from core.channels.calling import calling
from core.channels.calling import connector_with
from core.channels.disputes import DisputeAnswer
from core.channels.disputes import DisputeKind
from core.channels.disputes import DisputeState
from core.channels.disputes import DisputeStep
from core.channels.disputes import DisputeVerdict
from core.channels.disputes import Evidence
from core.disputes.models import Dispute
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.kernel import hooks
from core.kernel.connections import PAUSED
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import list_connections
from core.kernel.kernel import Kernel
from core.orders.models import Order
from core.orders.record import Actor
from core.orders.record import Record

PATIENCE = timedelta(minutes=15)
"""An answer that began longer ago than this broke off."""
NO_STEP = "Answer on the platform itself, or fetch disputes again."


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody wants to answer."""

    step: DisputeStep
    note: str = ""
    evidence: tuple[Evidence, ...] = ()
    carrier: str = ""
    tracking: str = ""


def answer_dispute(
    kernel: Kernel,
    company_id: int,
    dispute_id: int,
    proposal: Proposal,
    by: str,
    *,
    preview: bool,
    transport: httpx2.BaseTransport | None = None,
) -> DisputeVerdict:
    """Answer a dispute, or with `preview` say only what would be sent.

    Raises: NotFound; InputError for evidence or a connection that does not fit; Conflict where it
    waits for no such answer, or the platform refuses it; ConnectorError as the connector raised it.
    """
    with kernel.db.read() as session:
        row = _found(session, company_id, dispute_id)
        _see_that_it_fits(row, proposal)
        answer = _answer(row, proposal)
        connection = _through(session, row)
    connector = connector_with(kernel, connection, "answer_dispute", "answers no disputes")
    if not preview:
        _begin(kernel, company_id, dispute_id, proposal)
    verdict: DisputeVerdict | None = None
    try:
        with (
            calling(kernel, connection, connector, transport) as call,
            as_addon(kernel, connection.addon, "connector:answer_dispute", "Fetch disputes again."),
        ):
            verdict = connector.answer_dispute(call, answer, preview=preview)
    finally:
        if not preview:
            taken = verdict is not None and verdict.taken
            _end(kernel, company_id, dispute_id, proposal, by, taken=taken)
    if not preview and not verdict.taken:
        raise Conflict(f"The platform does not take it: {' '.join(verdict.issues)}")
    return verdict


def _found(session: Session, company_id: int, dispute_id: int, *, lock: bool = False) -> Dispute:
    query = sa.select(Dispute).where(Dispute.company_id == company_id, Dispute.id == dispute_id)
    row = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFound("There is no such dispute.")
    return row


def _see_that_it_fits(row: Dispute, proposal: Proposal) -> None:
    if row.state != DisputeState.OPEN or str(proposal.step) not in row.steps:
        raise Conflict(f"Dispute {row.external_ref} takes no such answer now.", hint=NO_STEP)
    wrong = sorted({each.kind for each in proposal.evidence} - set(row.evidence))
    if wrong:
        raise InputError(
            f"{wrong[0]!r} is no evidence of this dispute.",
            where="evidence",
            hint=f"It takes {', '.join(row.evidence) or 'none'}.",
        )


def _answer(row: Dispute, proposal: Proposal) -> DisputeAnswer:
    return DisputeAnswer(
        external_id=row.external_ref,
        kind=DisputeKind(row.kind),
        order_id=row.order_ref,
        step=proposal.step,
        note=proposal.note.strip(),
        evidence=proposal.evidence,
        carrier=proposal.carrier.strip(),
        tracking=proposal.tracking.strip(),
    )


def _through(session: Session, row: Dispute) -> ConnectionInfo:
    speaks = {
        addon
        for addon, connector in hooks.collect(session, "connectors")
        if getattr(connector, "platform", None) == row.platform
        and callable(getattr(connector, "answer_dispute", None))
    }
    for info in list_connections(session, company_id=row.company_id):
        if info.addon in speaks and info.account == row.account and info.state != PAUSED:
            return info
    raise InputError(
        f"No connection of {row.platform} {row.account} answers disputes.",
        hint="See under Connections whether it is paused, or its addon is switched off.",
    )


def _begin(kernel: Kernel, company_id: int, dispute_id: int, proposal: Proposal) -> None:
    now = clock.now()
    with kernel.db.write() as session:
        row = _found(session, company_id, dispute_id, lock=True)
        _see_that_it_fits(row, proposal)
        if row.trying_at is not None and now - row.trying_at < PATIENCE:
            raise Conflict(
                f"An answer to dispute {row.external_ref} is on its way.",
                hint="Wait a moment, then see how it stands.",
            )
        row.trying_at = now


def _end(
    kernel: Kernel, company_id: int, dispute_id: int, proposal: Proposal, by: str, *, taken: bool
) -> None:
    """Note what became of an answer; the platform says later how the dispute ends."""
    with kernel.db.write() as session:
        row = _found(session, company_id, dispute_id, lock=True)
        row.trying_at = None
        row.row_version += 1
        if not taken:
            return
        row.answer, row.answered_at, row.answered_by = str(proposal.step), clock.now(), by
        row.state, row.steps = str(DisputeState.PENDING), []
        # The step itself says more than that others have their turn now.
        row.noted = row.state
        query = sa.select(Order.id).where(
            Order.company_id == company_id,
            Order.platform == row.platform,
            Order.account == row.account,
            Order.external_ref == row.order_ref,
        )
        record = Record(session, company_id, Actor(by))
        if (order_id := session.scalar(query)) is not None:
            record.event(order_id, f"dispute_{proposal.step}", status=row.external_ref)
        record.write()
