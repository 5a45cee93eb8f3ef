"""A range of days is taken apart without losing a day or counting one twice."""

from __future__ import annotations

from datetime import date
from datetime import timedelta

from hypothesis import example
from hypothesis import given
from hypothesis import strategies as st

from core.ledger.periods import month_of
from core.ledger.spans import Span
from core.ledger.spans import spans_of

DAYS = st.dates(date(2024, 1, 1), date(2025, 3, 31))
EVERY_DAY = [date(2023, 12, 1) + timedelta(days=n) for n in range(520)]


def counted(spans: list[Span], day: date) -> int:
    """Return how often a day counts, months being whole."""
    return sum(
        span.sign
        for span in spans
        if span.first <= (day if span.unit == "day" else month_of(day)) <= span.last
    )


@given(start=st.none() | DAYS, end=st.none() | DAYS)
@example(start=date(2024, 2, 1), end=date(2024, 2, 29))
@example(start=date(2024, 2, 2), end=date(2024, 2, 28))
@example(start=None, end=None)
def test_each_day_of_the_range_counts_once(start: date | None, end: date | None) -> None:
    spans = spans_of(start, end)

    for day in EVERY_DAY:
        within = (start is None or start <= day) and (end is None or day <= end)
        assert counted(spans, day) == within


@given(start=DAYS, end=DAYS)
def test_few_days_are_read(start: date, end: date) -> None:
    days = [s for s in spans_of(start, end) if s.unit == "day"]

    assert sum((span.last - span.first).days + 1 for span in days) <= 32


def test_months_are_taken_whole() -> None:
    assert spans_of(date(2025, 1, 1), date(2025, 3, 31)) == [
        Span("month", 1, date(2025, 1, 1), date(2025, 3, 1))
    ]
