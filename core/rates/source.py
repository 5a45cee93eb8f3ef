"""What an addon that publishes rates of exchange must offer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from typing import Protocol

from core.http.client import HttpClient


class RateSource(Protocol):
    """Rates that somebody publishes: what one unit of `base` is worth in other currencies.

    A rate holds for `days` days after its own: over weekends and holidays, but not for good once
    nothing new is published. Documents beyond that wait rather than being booked by an old rate.
    """

    name: str
    base: str
    days: int

    def points(self, currency: str, since: date, until: date) -> Sequence[tuple[date, str]]:
        """Return days and rates as decimal text, in order of days, both ends included.

        It is asked within a transaction and must not use the network: a job fetches beforehand.
        """


class Fetched(NamedTuple):
    """A rate as it was fetched: what one unit of the source's base was worth, as decimal text."""

    quote: str
    day: date
    value: str


class RateFeed(RateSource, Protocol):
    """A source whose newer rates are fetched every few hours, and kept beside its own points."""

    address: str
    """Where the operations' paths begin; its host stands in the manifest."""

    def fetch(self, http: HttpClient, since: date | None, today: date) -> Sequence[Fetched]:
        """Return the rates published after a day, the last one that is kept; all, without one.

        More than that does no harm. It is asked outside any transaction.
        """
