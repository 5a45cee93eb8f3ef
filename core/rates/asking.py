"""Asking a source of rates: what it gets wrong is its addon's fault and fails no batch."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from sqlalchemy.orm import Session

from core.kernel import hooks
from core.rates.rate import check_value
from core.rates.source import RateSource

Series = tuple[list[date], list[str]]


def ask(
    session: Session,
    addon: str,
    source: RateSource,
    currencies: Iterable[str],
    days: tuple[date, date],
) -> dict[str, Series] | None:
    """Return what a source says of currencies from the first day to the last; none if it fails.

    Days before the first are asked for as far as the source's rates hold.
    """

    def points() -> dict[str, Series]:
        since = date.fromordinal(max(1, days[0].toordinal() - source.days))
        return {
            code: _checked(source.points(code, since, days[1]))
            for code in currencies
            if code != source.base
        }

    return hooks.ask(session, addon, "rate_sources", points)


def split(points: Sequence[tuple[date, str]]) -> Series:
    """Return days and values apart, as they are searched."""
    return [day for day, _ in points], [value for _, value in points]


def _checked(points: Iterable[tuple[date, str]]) -> Series:
    # Within the boundary: a wrong answer would otherwise fail later, in the core's own name.
    days, values = split(list(points))
    for day, value in zip(days, values, strict=True):
        if type(day) is not date or not isinstance(value, str):
            raise TypeError(f"points() must return days and texts, not {day!r:.80}, {value!r:.80}")
        check_value(value)
    if any(earlier >= later for earlier, later in pairwise(days)):
        raise ValueError("points() must return each day once, the earliest first")
    return days, values
