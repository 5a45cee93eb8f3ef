"""Finding the rate that holds on a day: the company's own first, then what sources publish."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm import aliased

from core.db import rows_of
from core.errors import Unresolved
from core.kernel import hooks
from core.rates.asking import Series
from core.rates.asking import ask
from core.rates.asking import split
from core.rates.keeping import Points
from core.rates.keeping import kept_points
from core.rates.models import OwnRate
from core.rates.rate import OWN
from core.rates.rate import Rate
from core.rates.rate import quoted
from core.rates.rate import same
from core.rates.source import RateSource

OWN_DAYS = 31
"""An own rate counts before a newer one of a source for so long; after that the newer one does."""


class Rates:
    """The rates into one currency that were looked up for some days, with no further question."""

    def __init__(self, quote: str) -> None:
        self.quote = quote
        self._own: dict[tuple[str, str], Series] = {}
        self._sources: list[tuple[RateSource, dict[str, Series]]] = []
        self._failed: list[str] = []

    def find(self, currency: str, day: date) -> Rate | None:
        """Return the last rate on or before a day, none where there is none."""
        if currency == self.quote:
            return same(currency, day)
        own = self._find_own(currency, day)
        if own is not None and (day - own.day).days <= OWN_DAYS:
            return own
        published = self.published(currency, day)
        if published is None:
            # An old rate of its own would hold only if sources had no newer one; nobody knows now.
            return None if self._failed else own
        if own is None:
            return published
        return published if published.day > own.day else own

    def published(self, currency: str, day: date) -> Rate | None:
        """Return the last rate that a source published on or before a day, none without one."""
        return next(self._published(currency, day), None)

    def require(self, currency: str, day: date) -> Rate:
        """Return the last rate on or before a day.

        Raises: Unresolved saying which rate is missing.
        """
        rate = self.find(currency, day)
        if rate is None:
            raise Unresolved(
                self.missing(currency, day),
                hint=f"Add it: entrepot rates add {currency} {self.quote} RATE --on {day}.",
            )
        return rate

    def missing(self, currency: str, day: date) -> str:
        """Return why something waits for a rate."""
        reason = f"There is no rate from {currency} to {self.quote} on or before {day}."
        failed = "".join(f" {addon} failed to tell: see its faults." for addon in self._failed)
        return reason + failed

    def _find_own(self, currency: str, day: date) -> Rate | None:
        if (rate := self._pair(currency, self.quote, day)) is not None:
            return rate
        between = {code for pair in self._own for code in pair} - {currency, self.quote}
        found = []
        for code in sorted(between):
            first, second = self._pair(currency, code, day), self._pair(code, self.quote, day)
            if first is not None and second is not None:
                found.append(first.across(second))
        return max(found, key=lambda rate: rate.day, default=None)

    def _pair(self, base: str, quote: str, day: date) -> Rate | None:
        straight = _last(self._own.get((base, quote)), base, quote, day, OWN)
        turned = _last(self._own.get((quote, base)), quote, base, day, OWN)
        if turned is None or (straight is not None and straight.day >= turned.day):
            return straight
        return turned.inverse()

    def _published(self, currency: str, day: date) -> Iterator[Rate]:
        for source, known in self._sources:
            ours, theirs = (_of_source(source, known, code, day) for code in (self.quote, currency))
            if ours is not None and theirs is not None:
                yield _joined(theirs, ours)


def rates_to(
    session: Session, company_id: int, quote: str, wanted: Iterable[tuple[str, date]]
) -> Rates:
    """Look up the rates into a currency for currencies and days, by one query and a look each."""
    rates = Rates(quote)
    pairs = {(currency, day) for currency, day in wanted if currency != quote}
    if not pairs:
        return rates
    first, last = min(day for _, day in pairs), max(day for _, day in pairs)
    rates._own = _own_series(session, company_id, first, last)
    currencies = sorted({quote, *(currency for currency, _ in pairs)})
    sources = hooks.collect(session, "rate_sources")
    kept = kept_points(session, [source for _, source in sources], currencies, last, first)
    for addon, source in sources:
        known = ask(session, addon, source, currencies, (first, last))
        if known is None:
            rates._failed.append(addon)
        else:
            rates._sources.append((source, _joined_series(source.name, known, kept)))
    return rates


def _joined_series(
    source: str, carried: dict[str, Series], kept: Mapping[tuple[str, str], Points]
) -> dict[str, Series]:
    """Return what a source carries with what was fetched of it, which goes first."""
    joined = dict(carried)
    for (name, code), points in kept.items():
        if name == source and code in joined:
            days, values = joined[code]
            joined[code] = split(sorted((dict(zip(days, values, strict=True)) | points).items()))
    return joined


def _own_series(
    session: Session, company_id: int, first: date, last: date
) -> dict[tuple[str, str], Series]:
    """Return a company's rates of some days by pair, with the last ones before them."""
    earlier = aliased(OwnRate)
    since = (
        sa.select(sa.func.max(earlier.since))
        .where(
            earlier.company_id == OwnRate.company_id,
            earlier.base == OwnRate.base,
            earlier.quote == OwnRate.quote,
            earlier.since <= first,
        )
        .scalar_subquery()
    )
    query = (
        sa.select(OwnRate.base, OwnRate.quote, OwnRate.since, OwnRate.value)
        .where(
            OwnRate.company_id == company_id,
            OwnRate.since <= last,
            OwnRate.since >= sa.func.coalesce(since, first),
        )
        .order_by(OwnRate.since)
    )
    points: defaultdict[tuple[str, str], list[tuple[date, str]]] = defaultdict(list)
    for base, quote, day, value in rows_of(session, query):
        points[base, quote].append((day, value))
    return {pair: split(series) for pair, series in points.items()}


def _last(series: Series | None, base: str, quote: str, day: date, source: str) -> Rate | None:
    if series is None:
        return None
    days, values = series
    place = bisect_right(days, day)
    return quoted(base, quote, values[place - 1], days[place - 1], source) if place else None


def _of_source(
    source: RateSource, known: dict[str, Series], currency: str, day: date
) -> Rate | None:
    if currency == source.base:
        return same(currency, day)
    rate = _last(known[currency], source.base, currency, day, source.name)
    if rate is None or (day - rate.day).days > source.days:
        return None
    return rate


def _joined(theirs: Rate, ours: Rate) -> Rate:
    """Return the rate from a currency to ours, both of which are quoted by one base."""
    if theirs.base == theirs.quote:
        return ours
    if ours.base == ours.quote:
        return theirs.inverse()
    return theirs.inverse().across(ours)
