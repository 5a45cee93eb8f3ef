"""A range of days as whole years, whole months and the days at its edges."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from datetime import timedelta
from typing import Literal
from typing import NamedTuple

from core.ledger.periods import month_of

DAY = timedelta(days=1)

Unit = Literal["year", "month", "day"]

YEARS: tuple[Unit, ...] = ("year", "month", "day")
MONTHS: tuple[Unit, ...] = ("month", "day")
DAYS: tuple[Unit, ...] = ("day",)


class Span(NamedTuple):
    """Years, months or days from one to another, both included, that are added or taken off."""

    unit: Unit
    sign: int
    first: date
    last: date


def spans_of(
    start: date | None, end: date | None, units: Sequence[Unit] = MONTHS
) -> Sequence[Span]:
    """Divide a range of days into units, the coarsest first.

    An edge that is more than half of a unit is the unit less what is beside it: so no edge asks for
    more than sixteen days, and no year for more than six months at a side.
    """
    start, end = start or date.min, end or date.max
    return _cover(start, end, units) if start <= end else []


def _cover(start: date, end: date, units: Sequence[Unit]) -> list[Span]:
    unit, *finer = units
    if not finer:
        return [Span(unit, 1, start, end)]
    first, last = _first_of(unit, start), _first_of(unit, end)
    if first == last:
        return _part(first, start, end, units)
    found: list[Span] = []
    if start > first:
        found += _part(first, start, _end_of(unit, first), units)
        first = _end_of(unit, first) + DAY
    if end < _end_of(unit, last):
        found += _part(last, last, end, units)
        last = _first_of(unit, last - DAY)
    if first <= last:
        found.append(Span(unit, 1, first, last))
    return found


def _part(period: date, start: date, end: date, units: Sequence[Unit]) -> list[Span]:
    """Return the days of one period: themselves, or the period less the others, what is less."""
    unit, *finer = units
    whole = Span(unit, 1, period, period)
    final = _end_of(unit, period)
    if (start, end) == (period, final):
        return [whole]
    others: list[Span] = []
    if start > period:
        others += _cover(period, start - DAY, finer)
    if end < final:
        others += _cover(end + DAY, final, finer)
    inside = _cover(start, end, finer)
    outside = [whole, *(each._replace(sign=-each.sign) for each in others)]
    return min(inside, outside, key=_length)


def _length(spans: Sequence[Span]) -> int:
    """Return how many years, months and days there are to read."""
    return sum(_count(span) for span in spans)


def _count(span: Span) -> int:
    if span.unit == "day":
        return (span.last - span.first).days + 1
    years = span.last.year - span.first.year
    if span.unit == "year":
        return years + 1
    return 12 * years + span.last.month - span.first.month + 1


def _first_of(unit: Unit, day: date) -> date:
    return day.replace(month=1, day=1) if unit == "year" else month_of(day)


def _end_of(unit: Unit, first: date) -> date:
    if unit == "year":
        return first.replace(month=12, day=31)
    if (first.year, first.month) == (date.max.year, 12):
        return date.max
    return month_of(first + 31 * DAY) - DAY
