"""What an addon that publishes rates of exchange must offer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol


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
