"""Months, as reports are asked for by them."""

from __future__ import annotations

from datetime import datetime
from datetime import timedelta


def first_of_month(at: datetime) -> datetime:
    """Return the first moment of a moment's month."""
    return at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def month_before(at: datetime) -> datetime:
    """Return the last day of the month before."""
    return first_of_month(at) - timedelta(days=1)
