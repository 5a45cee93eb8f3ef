"""What the API answers about rates; a rate is decimal text."""

from __future__ import annotations

from datetime import date
from datetime import datetime
from typing import TypedDict


class DayRate(TypedDict):
    """A rate that holds on a day, and whose it is."""

    base: str
    quote: str
    day: date
    rate: str
    source: str
    of: str


class OwnRateDocument(TypedDict):
    """A rate that the company said."""

    base: str
    quote: str
    since: str
    rate: str
    origin: str
    made_by: str
    made_at: str


class Kept(TypedDict):
    """How many rates came, and how many were new."""

    received: int
    changed: int


class CustomsRateDocument(TypedDict):
    """A rate that customs publish for a month."""

    base: str
    quote: str
    month: str
    rate: str
    made_by: str


class MissingRate(TypedDict):
    """A rate that documents wait for."""

    base: str
    day: date
    documents: int
    examples: list[str]


class FeedDocument(TypedDict):
    """How the fetching of a source fares."""

    source: str
    addon: str
    last_day: date | None
    tried_at: datetime | None
    fetched_at: datetime | None
    problem: str
    failing_since: datetime | None
