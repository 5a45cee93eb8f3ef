"""The figures of the start page: what was ordered, sold and earned, and in which spans of days."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from datetime import timedelta

from sqlalchemy.orm import Session

from core.ledger.periods import month_of
from core.orders import queries
from core.orders.queries import OrderFilter
from core.paging import Count
from core.profits.daily import NOTHING
from core.profits.daily import Days
from core.profits.daily import Earned
from core.profits.daily import daily

CHARTED_DAYS = 30


@dataclass(frozen=True, slots=True)
class Tile:
    """A span of days: how many sales were ordered in it, and what was booked in it.

    `state` is how final the profit is, `forecast` where it is no more than the pace going on, and
    empty where nothing was booked.
    """

    name: str
    first: date
    last: date
    orders: Count | None
    earned: Earned | None
    state: str


def tiles(
    session: Session, company_id: int, today: date, days: Days | None, *, orders: bool
) -> list[Tile]:
    """Return today, yesterday, the month so far, and what it comes to if it goes on like this."""
    month, yesterday = month_of(today), today - timedelta(days=1)
    end = month.replace(day=monthrange(month.year, month.month)[1])
    spans = [("today", today, today), ("yesterday", yesterday, yesterday), ("month", month, today)]
    found = [
        _tile(session, company_id, name, first, last, days, orders=orders)
        for name, first, last in spans
    ]
    return [*found, _forecast(found[2], end, days)]


def _tile(
    session: Session,
    company_id: int,
    name: str,
    first: date,
    last: date,
    days: Days | None,
    *,
    orders: bool,
) -> Tile:
    narrow = OrderFilter(kind="sale", start=first, end=last)
    number = queries.count_orders(session, company_id, narrow) if orders else None
    earned = None if days is None else days.between(first, last)
    return Tile(name, first, last, number, earned, _state(earned))


def _state(earned: Earned | None) -> str:
    if earned is None or earned == NOTHING:
        return ""
    return earned.states.name.replace(" ", "_")


def _forecast(month: Tile, end: date, days: Days | None) -> Tile:
    """Return what the whole month comes to at the pace of its whole days, or of today."""
    whole = month.last.day - 1
    passed, first = max(whole, 1), month.first
    last = month.last - timedelta(days=1) if whole else month.last
    earned = None
    if days is not None:
        so_far = days.between(first, last)
        earned = Earned(
            so_far.net_sales * end.day // passed, so_far.profit * end.day // passed, so_far.states
        )
    counted = month.orders
    orders = counted and Count(counted.number * end.day // month.last.day, counted.more)
    return Tile("forecast", first, end, orders, earned, "forecast" if earned else "")


def charted(session: Session, company_id: int, today: date) -> Days:
    """Return what each day earned, from the first of last month or thirty days ago."""
    first = min(month_of(today), today - timedelta(days=CHARTED_DAYS - 1))
    return daily(session, company_id, first, today)
