"""Periods: months that open with their first entry, close when complete, and may reopen."""

from __future__ import annotations

from collections.abc import Container
from collections.abc import Iterable
from collections.abc import Sequence
from datetime import date
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.errors import Conflict
from core.errors import InputError
from core.identity.deeds import say
from core.ledger.models import Period

OPEN, CLOSED = "open", "closed"


def month_of(day: date) -> date:
    """Return the first day of a day's month."""
    return day.replace(day=1)


def read_month(text: str, *, where: str = "month") -> date:
    """Return the first day of a month such as 2026-09.

    Raises: InputError.
    """
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise InputError(
            f"{text!r} is not a month.", where=where, hint="Write it as 2026-09."
        ) from error


def next_month(day: date) -> date:
    """Return the first day of the month after a day's."""
    return month_of(day.replace(day=28) + timedelta(days=4))


def last_day(month: date) -> date:
    """Return the last day of a month."""
    return next_month(month) - timedelta(days=1)


def open_day(day: date, closed: Container[date]) -> date:
    """Return the day on which a late fact is booked: its own, or the next open month's first.

    Tell the journal the fact's own day as `happened_on`: the entry says to which period it belongs.
    """
    while closed and month_of(day) in closed:
        day = next_month(day)
    return day


def closed_months(session: Session, company_id: int) -> frozenset[date]:
    """Return the months whose books are closed."""
    query = sa.select(Period.month).where(Period.company_id == company_id, Period.state == CLOSED)
    return frozenset(session.scalars(query))


def list_periods(session: Session, company_id: int) -> Sequence[Period]:
    """Return the months that have a period, the latest first."""
    query = sa.select(Period).where(Period.company_id == company_id).order_by(Period.month.desc())
    return session.scalars(query).all()


def open_months(session: Session, company_id: int, days: Iterable[date]) -> None:
    """Open the months of some days that have no period yet.

    Raises: Conflict naming a month that is closed.
    """
    months = {month_of(day) for day in days}
    query = sa.select(Period.month, Period.state).where(Period.company_id == company_id)
    states = dict(session.execute(query).all())
    for month in sorted(months):
        if states.get(month) == CLOSED:
            raise Conflict(
                f"The period {month:%Y-%m} is closed.",
                hint="Book the fact in an open period, or reopen this one.",
            )
    missing = sorted(months - states.keys())
    if missing:
        session.execute(
            sa.text(
                "INSERT INTO ledger_period (company_id, month, state)"
                " VALUES (:company_id, :month, 'open') ON CONFLICT DO NOTHING"
            ).bindparams(sa.bindparam("month", type_=Period.month.type)),
            [{"company_id": company_id, "month": month} for month in missing],
        )


def hold_books(session: Session) -> None:
    """Let nobody else book until this transaction ends: what is checked stays as it is.

    SQLite has one writer at a time anyway, from the first statement on.
    """
    session.connection()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("LOCK TABLE ledger_entry IN SHARE ROW EXCLUSIVE MODE"))


def close_period(session: Session, company_id: int, month: date, *, today: date, by: str) -> Period:
    """Close a month; `hold_books` and the checks of `core.closing` come first.

    Raises: Conflict if it is not over, closed already, or an earlier one is open.
    """
    name = f"{month:%Y-%m}"
    if next_month(month) > today:
        raise Conflict(f"{name} is not over yet.", hint="Close a month when its last day is past.")
    found = {period.month: period for period in list_periods(session, company_id)}
    earlier = [each for each in sorted(found) if each < month and found[each].state == OPEN]
    if earlier:
        raise Conflict(
            f"{earlier[0]:%Y-%m} is open.", hint="Months are closed in their order: close it first."
        )
    if month not in found:
        raise Conflict(f"Nothing was booked in {name}.", hint="A month without entries stays open.")
    if found[month].state == CLOSED:
        raise Conflict(f"{name} is closed already.")
    return _change(session, found[month], CLOSED, by, "")


def reopen_period(
    session: Session, company_id: int, month: date, *, reason: str, by: str
) -> Period:
    """Open a closed month again, the last one first, and keep why.

    Raises: InputError without a reason, Conflict for a month that is not closed or not the last.
    """
    if not reason.strip():
        raise InputError("say why the month is opened again.", where="reason")
    closed = [p for p in list_periods(session, company_id) if p.state == CLOSED]
    found = next((period for period in closed if period.month == month), None)
    if found is None:
        raise Conflict(f"{month:%Y-%m} is not closed.")
    if closed[0].month != month:
        raise Conflict(
            f"{closed[0].month:%Y-%m} is closed too.",
            hint="Months are opened again from the last one backwards.",
        )
    return _change(session, found, OPEN, by, reason.strip())


def _change(session: Session, period: Period, state: str, by: str, reason: str) -> Period:
    before = period.state
    period.state, period.changed_at, period.changed_by = state, clock.now(), by
    period.reason = reason or None
    session.flush()
    say(
        session,
        period.company_id,
        f"period.{'closed' if state == CLOSED else 'reopened'}",
        f"period:{period.month:%Y-%m}",
        before={"state": before},
        after={"state": state} | ({"reason": reason} if reason else {}),
    )
    return period
