"""The reference rates as a source: what one euro is worth, by the last day on which it was said."""

from __future__ import annotations

from bisect import bisect_left
from bisect import bisect_right
from collections.abc import Sequence
from datetime import date
from typing import Final

from addons.rates_ecb.published import fetch_rates
from addons.rates_ecb.table import packaged
from core.api import FetchedRate
from core.api import HttpClient


class EcbRates:
    """What one euro is worth in other currencies, as the ECB publishes it on working days."""

    name: Final = "ECB"
    base: Final = "EUR"
    # The longest pause since 1999 was of five days, at Easter; a week without a rate is the end.
    days: Final = 7
    address: Final = "https://www.ecb.europa.eu/stats/eurofxref"

    def points(self, currency: str, since: date, until: date) -> Sequence[tuple[date, str]]:
        """Return the rates of some days, both ends included; none of an unknown currency."""
        days, values = packaged().series(currency)
        first, last = bisect_left(days, since), bisect_right(days, until)
        return list(zip(days[first:last], values[first:last], strict=True))

    def fetch(self, http: HttpClient, since: date | None, today: date) -> Sequence[FetchedRate]:
        """Return what was published since a day; more than that does no harm."""
        return fetch_rates(http, since, today)
