"""A range of days as whole months and the days at its edges."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from datetime import timedelta
from typing import Literal
from typing import NamedTuple

from core.ledger.periods import month_of

DAY = timedelta(days=1)


class Span(NamedTuple):
    """Months or days from one to another, both included, that are added or taken off again."""

    unit: Literal["month", "day"]
    sign: int
    first: date
    last: date


def spans_of(start: date | None, end: date | None) -> list[Span]:
    """Divide a range of days; an edge of more than half a month is the month less the other days.

    So no edge asks for more than sixteen days.
    """
    start, end = start or date.min, end or date.max
    if end < start:
        return []
    first, last = month_of(start), month_of(end)
    if first == last:
        return list(_edge(first, start, end))
    found: list[Span] = []
    if start > first:
        found += _edge(first, start, _end_of(first))
        first = _end_of(first) + DAY
    if end < _end_of(last):
        found += _edge(last, last, end)
        last = month_of(last - DAY)
    if first <= last:
        found.append(Span("month", 1, first, last))
    return found


def _edge(month: date, start: date, end: date) -> Iterator[Span]:
    """Yield the part of a month from one day to another."""
    final = _end_of(month)
    others = (start - month).days + (final - end).days
    if others > (end - start).days:
        yield Span("day", 1, start, end)
        return
    yield Span("month", 1, month, month)
    if start > month:
        yield Span("day", -1, month, start - DAY)
    if end < final:
        yield Span("day", -1, end + DAY, final)


def _end_of(month: date) -> date:
    if (month.year, month.month) == (date.max.year, 12):
        return date.max
    return month_of(month + 31 * DAY) - DAY
