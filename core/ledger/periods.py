"""Periods: months that open with their first entry and close for good."""

from __future__ import annotations

from collections.abc import Container
from collections.abc import Iterable
from datetime import date
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import Conflict
from core.ledger.models import Period


def month_of(day: date) -> date:
    """Return the first day of a day's month."""
    return day.replace(day=1)


def open_day(day: date, closed: Container[date]) -> date:
    """Return the day on which a late fact is booked: its own, or the next open month's first."""
    while month_of(day) in closed:
        day = month_of(day.replace(day=28) + timedelta(days=4))
    return day


def closed_months(session: Session, company_id: int) -> frozenset[date]:
    """Return the months whose books are closed."""
    query = sa.select(Period.month).where(Period.company_id == company_id, Period.state == "closed")
    return frozenset(session.scalars(query))


def open_months(session: Session, company_id: int, days: Iterable[date]) -> None:
    """Open the months of some days that have no period yet.

    Raises: Conflict naming a month that is closed.
    """
    months = {month_of(day) for day in days}
    query = sa.select(Period.month, Period.state).where(Period.company_id == company_id)
    states = dict(session.execute(query).all())
    for month in sorted(months):
        if states.get(month) == "closed":
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
