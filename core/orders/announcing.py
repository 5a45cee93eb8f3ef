"""Keeping what platforms tell of returns: each by its own name, in its newest version.

A return of an order or a code that nobody knows is kept like any other: it names both in the
platform's words, and is found by them when the order comes. One that cannot be read is kept with
the reason. No goods move and nothing is booked by it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC
from datetime import datetime
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.channels.external import ExternalReturn
from core.channels.external import Rejected
from core.db import any_of
from core.ids import next_ids
from core.orders.external import line_ref
from core.orders.lookups import Account
from core.orders.models import AnnouncedReturn

UNREADABLE = "unreadable"
"""The state of a return that a connector could not read; its reason says why."""
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""The version of what could not be read: any that can be read is newer."""
FRESH = timedelta(days=30)
"""What was older when it was first heard of is history, and nobody is asked for it."""
LONGEST = 2000


def keep_returns(
    session: Session, account: Account, told: Sequence[ExternalReturn | Rejected]
) -> Counter[str]:
    """Keep what was told of returns and say how many were new, changed, unchanged or older.

    Of several versions the newest stays, of equal ones the last that was told.
    """
    newest: dict[str, ExternalReturn | Rejected] = {}
    outcomes: Counter[str] = Counter()
    for each in told:
        before = newest.get(each.external_id)
        if before is not None and version_of(each) < version_of(before):
            outcomes["superseded"] += 1
            continue
        outcomes["superseded"] += before is not None
        newest[each.external_id] = each
    known = _known(session, account, sorted(newest))
    fresh = [ref for ref in sorted(newest) if ref not in known]
    for ref, row in known.items():
        outcomes[_renew(row, newest[ref])] += 1
    for new_id, ref in zip(next_ids(session, len(fresh)) if fresh else (), fresh, strict=True):
        session.add(_made(account, new_id, newest[ref]))
        outcomes["new"] += 1
    outcomes["unreadable"] = sum(isinstance(each, Rejected) for each in told)
    session.flush()
    return outcomes


def version_of(told: ExternalReturn | Rejected) -> datetime:
    """Return by what the versions of a return are compared."""
    return NEVER if isinstance(told, Rejected) else told.updated_at


def _known(session: Session, account: Account, refs: Sequence[str]) -> dict[str, AnnouncedReturn]:
    query = sa.select(AnnouncedReturn).where(
        AnnouncedReturn.company_id == account.company_id,
        AnnouncedReturn.platform == account.platform,
        AnnouncedReturn.account == account.account,
        any_of(session, AnnouncedReturn.external_ref, refs),
    )
    return {row.external_ref: row for row in session.scalars(query.with_for_update())}


def _renew(row: AnnouncedReturn, told: ExternalReturn | Rejected) -> str:
    """Bring a row to a version that is not older, and say what became of it."""
    if version_of(told) < row.updated_at:
        return "superseded"
    facts = _facts(told)
    changed = any(getattr(row, name) != value for name, value in facts.items())
    row.updated_at = version_of(told)
    if not changed:
        return "unchanged"
    for name, value in facts.items():
        setattr(row, name, value)
    row.row_version += 1
    return "changed"


def _made(account: Account, new_id: int, told: ExternalReturn | Rejected) -> AnnouncedReturn:
    now = clock.now()
    asked = None if isinstance(told, Rejected) else told.announced_at or told.updated_at
    return AnnouncedReturn(
        company_id=account.company_id,
        id=new_id,
        platform=account.platform,
        account=account.account,
        external_ref=told.external_id,
        announced_at=asked or now,
        updated_at=version_of(told),
        first_seen_at=now,
        is_history=asked is not None and asked < now - FRESH,
        arrived_quantity=0,
        unpaid_quantity=0,
        ended_at=None,
        ended_by="",
        note="",
        row_version=1,
        **_facts(told),
    )


def _facts(told: ExternalReturn | Rejected) -> dict[str, object]:
    """Return what a version says, as it is stored."""
    if isinstance(told, Rejected):
        empty = {"order_ref": "", "line_ref": "", "code": "", "tracking": "", "quantity": 0}
        return {**empty, "reason": told.reason[:LONGEST], "state": UNREADABLE}
    return {
        "order_ref": told.order_id,
        "line_ref": line_ref(told.order_id, told.line_id) if told.line_id else "",
        "code": told.code,
        "quantity": told.quantity,
        "reason": told.reason[:LONGEST],
        "state": str(told.state),
        "tracking": told.tracking,
    }
