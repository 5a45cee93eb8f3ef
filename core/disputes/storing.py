"""Keeping what platforms tell of disputes: each by its own name, as it stands now.

One that cannot be read is kept too, with the reason: it may have a deadline. What changes is put
on the timeline of the order, once that is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.channels.disputes import DisputeState
from core.channels.disputes import ExternalDispute
from core.channels.external import Rejected
from core.db import any_of
from core.disputes.models import Dispute
from core.ids import next_ids
from core.orders.lookups import Account
from core.orders.models import Order
from core.orders.record import Actor
from core.orders.record import Record

UNREADABLE = "unreadable"
LONGEST = 2000
EVENTS = {
    DisputeState.OPEN: "disputed",
    DisputeState.PENDING: "dispute_pending",
    DisputeState.WON: "dispute_won",
    DisputeState.LOST: "dispute_lost",
    DisputeState.CLOSED: "dispute_closed",
}
Told = ExternalDispute | Rejected


def keep_disputes(session: Session, account: Account, told: Sequence[Told]) -> Counter[str]:
    """Keep what was told of disputes, and say how many were new, changed or unchanged."""
    latest = {each.external_id: each for each in told}
    known = _known(session, account, sorted(latest))
    fresh = [ref for ref in sorted(latest) if ref not in known]
    outcomes: Counter[str] = Counter()
    for ref, row in known.items():
        outcomes["changed" if _renew(row, latest[ref]) else "unchanged"] += 1
    for new_id, ref in zip(next_ids(session, len(fresh)) if fresh else (), fresh, strict=True):
        known[ref] = _made(account, new_id, latest[ref])
        session.add(known[ref])
        outcomes["new"] += 1
    outcomes["unreadable"] = sum(isinstance(each, Rejected) for each in told)
    session.flush()
    _note(session, account, known.values())
    return outcomes


def _known(session: Session, account: Account, refs: Sequence[str]) -> dict[str, Dispute]:
    query = sa.select(Dispute).where(
        Dispute.company_id == account.company_id,
        Dispute.platform == account.platform,
        Dispute.account == account.account,
        any_of(session, Dispute.external_ref, refs),
    )
    return {row.external_ref: row for row in session.scalars(query.with_for_update())}


def _renew(row: Dispute, told: Told) -> bool:
    facts = _facts(told)
    if all(getattr(row, name) == value for name, value in facts.items()):
        return False
    for name, value in facts.items():
        setattr(row, name, value)
    row.row_version += 1
    return True


def _made(account: Account, new_id: int, told: Told) -> Dispute:
    now = clock.now()
    return Dispute(
        company_id=account.company_id,
        id=new_id,
        platform=account.platform,
        account=account.account,
        external_ref=told.external_id,
        first_seen_at=now,
        noted="",
        answer="",
        answered_by="",
        row_version=1,
        **{"kind": "", "opened_at": now, "order_ref": "", **_facts(told)},
    )


def _facts(told: Told) -> dict[str, object]:
    """Return what was told, as it is stored; what cannot be read leaves the rest as it was."""
    if isinstance(told, Rejected):
        empty = {"status": "", "amount": None, "currency": "", "answer_by": None}
        lists: dict[str, object] = {"steps": [], "evidence": []}
        return {**empty, **lists, "state": UNREADABLE, "reason": told.reason[:LONGEST]}
    return {
        "kind": str(told.kind),
        "order_ref": told.order_id,
        "state": str(told.state),
        "status": told.status,
        "reason": told.reason[:LONGEST],
        "amount": told.amount,
        "currency": told.currency,
        "opened_at": told.opened_at,
        "answer_by": told.answer_by,
        "steps": [str(step) for step in told.steps],
        "evidence": list(told.evidence),
    }


def _note(session: Session, account: Account, rows: Iterable[Dispute]) -> None:
    """Put on the timelines of known orders what they do not tell yet."""
    news = [row for row in rows if row.state not in (row.noted, UNREADABLE)]
    if not news:
        return
    query = sa.select(Order.external_ref, Order.id).where(
        Order.company_id == account.company_id,
        Order.platform == account.platform,
        Order.account == account.account,
        any_of(session, Order.external_ref, sorted({row.order_ref for row in news})),
    )
    orders = {row[0]: row[1] for row in session.execute(query)}
    record = Record(session, account.company_id, Actor(account.platform))
    for row in news:
        if row.order_ref in orders:
            at = row.opened_at if row.state == DisputeState.OPEN else None
            about = f"{row.external_ref} {row.reason}".strip()
            record.event(orders[row.order_ref], EVENTS[DisputeState(row.state)], at, status=about)
            row.noted = row.state
    record.write()
