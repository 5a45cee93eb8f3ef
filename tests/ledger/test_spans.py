"""A range of days is taken apart without losing a day or counting one twice."""

from __future__ import annotations

from datetime import date
from datetime import timedelta

import pytest
from hypothesis import example
from hypothesis import given
from hypothesis import strategies as st

from core.ledger.periods import month_of
from core.ledger.spans import MONTHS
from core.ledger.spans import YEARS
from core.ledger.spans import Span
from core.ledger.spans import Unit
from core.ledger.spans import spans_of

DAYS = st.dates(date(2022, 6, 1), date(2025, 3, 31))
EVERY_DAY = [date(2022, 3, 1) + timedelta(days=n) for n in range(1200)]


def counted(spans: list[Span], day: date) -> int:
    """Return how often a day counts, months and years being whole."""
    of = {"day": day, "month": month_of(day), "year": date(day.year, 1, 1)}
    return sum(span.sign for span in spans if span.first <= of[span.unit] <= span.last)


@pytest.mark.parametrize("units", [MONTHS, YEARS])
@given(start=st.none() | DAYS, end=st.none() | DAYS)
@example(start=date(2024, 2, 1), end=date(2024, 2, 29))
@example(start=date(2024, 2, 2), end=date(2024, 2, 28))
@example(start=date(2022, 12, 31), end=date(2024, 1, 1))
@example(start=None, end=None)
def test_each_day_of_the_range_counts_once(
    units: tuple[Unit, ...], start: date | None, end: date | None
) -> None:
    spans = list(spans_of(start, end, units))

    for day in EVERY_DAY:
        within = (start is None or start <= day) and (end is None or day <= end)
        assert counted(spans, day) == within


@given(start=DAYS, end=DAYS)
def test_few_days_are_read(start: date, end: date) -> None:
    days = [s for s in spans_of(start, end) if s.unit == "day"]
    spans = spans_of(start, end, YEARS)
    months = [s for s in spans if s.unit == "month"]

    assert sum((span.last - span.first).days + 1 for span in days) <= 32
    assert sum(round((span.last - span.first).days / 30.4) + 1 for span in months) <= 14
    assert sum((s.last - s.first).days + 1 for s in spans if s.unit == "day") <= 32


def test_months_are_taken_whole() -> None:
    assert spans_of(date(2025, 1, 1), date(2025, 3, 31)) == [
        Span("month", 1, date(2025, 1, 1), date(2025, 3, 1))
    ]


def test_a_year_less_its_edges_is_little_to_read() -> None:
    assert spans_of(date(2025, 1, 3), date(2025, 12, 30), YEARS) == [
        Span("year", 1, date(2025, 1, 1), date(2025, 1, 1)),
        Span("day", -1, date(2025, 1, 1), date(2025, 1, 2)),
        Span("day", -1, date(2025, 12, 31), date(2025, 12, 31)),
    ]
