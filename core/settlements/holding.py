"""Money that platforms hold back: kept as they tell it, until a settlement pays it.

None of it is booked: what was sold is owed since it left, whatever the platform waits for. An event
is replaced by what is told of it later, never added to.
"""

from __future__ import annotations

from collections import Counter
from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.channels.external import HeldMoney
from core.db import any_of
from core.ids import next_ids
from core.settlements.models import HELD
from core.settlements.models import RELEASED
from core.settlements.models import SETTLED
from core.settlements.models import SUPERSEDED
from core.settlements.models import Held
from core.settlements.models import Statement
from core.settlements.models import StatementRow

Event = tuple[str, str, datetime]
"""What happened to an order, and when, to the second: files and answers tell no more alike."""


Key = tuple[Event, str]
"""An event and who told of it: the platform's own name for it, empty for a file."""


@dataclass(frozen=True, slots=True)
class PlatformAccount:
    """Whose money it is, and platform and account of the orders that it is for."""

    company_id: int
    platform: str
    account: str
    orders: tuple[str, str]


def keep_held(session: Session, account: PlatformAccount, told: Iterable[HeldMoney]) -> int:
    """Keep what is held back as it is told now; return how many events were told.

    What the platform itself tells counts before what a file told of the same event.
    """
    found = _merged(told)
    known = _known(session, account, {each.order_id for each in found.values()})
    told_by_platform = {key[0] for key in known if key[1]} | {key[0] for key in found if key[1]}
    fresh = []
    for key, each in found.items():
        event, source = key
        if not source and event in told_by_platform:
            continue
        if (row := known.get(key)) is None:
            fresh.append((key, each))
        else:
            _update(row, each)
        if source and (of_file := known.get((event, ""))) is not None:
            of_file.state = SUPERSEDED
    for (event, source), each, new in _numbered(session, fresh):
        session.add(_row(account, new, event, source, each))
    session.flush()
    settle_held(session, account, orders={each.order_id for each in found.values()})
    return len(found)


def release_unseen(session: Session, account: PlatformAccount, before: datetime) -> int:
    """Let go what the platform did not tell of any more since a moment; return how many."""
    result = session.execute(
        sa.update(Held)
        .where(*_of(account), Held.state == HELD, Held.source_ref != "", Held.seen_at < before)
        .values(state=RELEASED, row_version=Held.row_version + 1)
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def settle_held(
    session: Session,
    account: PlatformAccount,
    *,
    orders: set[str] | None = None,
    statement_id: int | None = None,
) -> int:
    """Find the settlements that paid what was held, by its moment or else by its amount.

    All that is open is looked at, or that of some orders; in all settlements, or in one. Returns
    how many were found.
    """
    query = sa.select(Held).where(*_of(account), Held.state.in_((HELD, RELEASED)))
    if orders is not None:
        query = query.where(any_of(session, Held.order_ref, sorted(orders)))
    open_rows = [row for row in session.scalars(query.order_by(Held.id)) if row.order_ref]
    if not open_rows:
        return 0
    since = min(row.posted_at for row in open_rows)
    refs = {row.order_ref for row in open_rows}
    paid = _Paid(_payments(session, account, refs, since, statement_id))
    for take in (paid.exactly, paid.of_amount):
        for row in open_rows:
            if row.state != SETTLED and (found := take(row)) is not None:
                row.statement_id, row.state = found, SETTLED
                row.row_version += 1
    session.flush()
    return sum(row.state == SETTLED for row in open_rows)


class Payment(NamedTuple):
    """What was settled for an order at one moment."""

    event: Event
    amount: int
    statement_id: int


class _Paid:
    """Payments that no event was found for yet."""

    def __init__(self, payments: Iterable[Payment]) -> None:
        self._left: dict[Payment, int] = Counter(payments)
        self._by_event: defaultdict[Event, list[Payment]] = defaultdict(list)
        self._by_amount: defaultdict[tuple[str, str, int], list[Payment]] = defaultdict(list)
        for each in self._left:
            self._by_event[each.event].append(each)
            self._by_amount[(*each.event[:2], each.amount)].append(each)

    def exactly(self, row: Held) -> int | None:
        """Take the payment of an event's moment; return its settlement."""
        event = (row.order_ref, row.kind, _second(row.posted_at))
        return self._take(self._by_event[event])

    def of_amount(self, row: Held) -> int | None:
        """Take a payment of an event's amount, whenever it was; return its settlement."""
        return self._take(self._by_amount[row.order_ref, row.kind, row.amount])

    def _take(self, found: Sequence[Payment]) -> int | None:
        for each in found:
            if self._left[each]:
                self._left[each] -= 1
                return each.statement_id
        return None


def _payments(
    session: Session,
    account: PlatformAccount,
    orders: set[str],
    since: datetime,
    statement_id: int | None,
) -> Iterator[Payment]:
    """Yield what settlements that ended since a moment paid for orders, and found no event yet."""
    row, statement = StatementRow, Statement
    query = (
        sa.select(
            row.order_ref,
            row.kind,
            row.posted_at,
            sa.cast(sa.func.sum(row.amount), sa.BigInteger),
            statement.id,
        )
        .join(
            statement,
            (statement.company_id == row.company_id) & (statement.id == row.statement_id),
        )
        .where(
            statement.company_id == account.company_id,
            statement.platform == account.platform,
            statement.account == account.account,
            statement.state == "booked",
            statement.ended_at >= since,
            ~row.deferred,
            any_of(session, row.order_ref, sorted(orders)),
        )
        .group_by(row.order_ref, row.kind, row.posted_at, statement.id)
    )
    if statement_id is not None:
        query = query.where(statement.id == statement_id)
    known = sa.select(Held.order_ref, Held.kind, Held.amount, Held.statement_id).where(
        *_of(account), Held.state == SETTLED, any_of(session, Held.order_ref, sorted(orders))
    )
    used = Counter(tuple(each) for each in session.execute(known))
    for order, kind, at, amount, settled_by in session.execute(query.order_by(row.posted_at)):
        name = (order, kind, int(amount), settled_by)
        if used[name]:
            used[name] -= 1
        else:
            yield Payment((order, kind, _second(at)), int(amount), settled_by)


def _merged(told: Iterable[HeldMoney]) -> dict[Key, HeldMoney]:
    """Return what is told by event and source; a file tells each item of an order apart."""
    found: dict[Key, HeldMoney] = {}
    for each in told:
        key = (each.order_id, each.kind, _second(each.posted_at)), each.external_id
        before = found.get(key)
        if before is None or each.external_id:
            found[key] = each
        else:
            found[key] = replace(each, amount=before.amount + each.amount)
    return found


def _known(
    session: Session, account: PlatformAccount, orders: set[str]
) -> dict[tuple[Event, str], Held]:
    query = (
        sa.select(Held)
        .where(*_of(account), any_of(session, Held.order_ref, sorted(orders)))
        .with_for_update()
    )
    return {
        ((row.order_ref, row.kind, _second(row.posted_at)), row.source_ref): row
        for row in session.scalars(query)
    }


def _update(row: Held, each: HeldMoney) -> None:
    row.seen_at = clock.now()
    told = (each.amount, each.reason, each.releases_at)
    state = row.state if row.state in (SETTLED, SUPERSEDED) else _state(each)
    if (row.amount, row.reason, row.releases_at, row.state) != (*told, state):
        row.amount, row.reason, row.releases_at = told
        row.state = state
        row.row_version += 1


def _row(account: PlatformAccount, new: int, event: Event, source: str, each: HeldMoney) -> Held:
    order, kind, at = event
    return Held(
        company_id=account.company_id,
        id=new,
        platform=account.platform,
        account=account.account,
        order_platform=account.orders[0],
        order_account=account.orders[1],
        order_ref=order,
        kind=kind,
        posted_at=at,
        source_ref=source,
        amount=each.amount,
        currency=each.currency,
        reason=each.reason,
        releases_at=each.releases_at,
        state=_state(each),
        statement_id=None,
        seen_at=clock.now(),
        row_version=1,
    )


def _numbered(
    session: Session, fresh: Sequence[tuple[Key, HeldMoney]]
) -> list[tuple[Key, HeldMoney, int]]:
    ids = next_ids(session, len(fresh)) if fresh else []
    return [(key, each, new) for (key, each), new in zip(fresh, ids, strict=True)]


def _state(each: HeldMoney) -> str:
    return RELEASED if each.released else HELD


def _second(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def _of(account: PlatformAccount) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        Held.company_id == account.company_id,
        Held.platform == account.platform,
        Held.account == account.account,
    )
