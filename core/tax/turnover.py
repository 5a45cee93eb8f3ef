"""Limits on what a seller sells in a year, tested by what he really sold.

A regime says which sales count and under which schemes they stand in the books. What a batch of
sales adds is counted on as it comes, so that the very sale that passes the limit knows it. What was
booked before is kept by day, with the entries that book it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import any_of
from core.db import rows_of
from core.db import table_of
from core.kernel import hooks
from core.money import minor_digits
from core.rates.finding import rates_to
from core.remembered import remember
from core.rows import bulk_upsert
from core.tax.facts import TaxFacts
from core.tax.models import Decision
from core.tax.models import SoldUnder


@dataclass(frozen=True)
class TurnoverTest:
    """A limit on a calendar year's sales; past it, this year and the next one are over it.

    `limit` is in minor units of `currency`, `schemes` are those of the regime's decisions under
    which sales that count are booked, and `counts` says whether a sale that has still to be decided
    is one of them. `name` is what facts then have in `exceeded`.
    """

    name: str
    limit: int
    currency: str
    regime: str
    schemes: frozenset[str]
    counts: Callable[[TaxFacts], bool]


class Turnover:
    """What was sold under a test, by year, in minor units of its currency."""

    def __init__(
        self, session: Session, company_id: int, test: TurnoverTest, years: Collection[int]
    ) -> None:
        self.test = test
        self._sums: defaultdict[int, Decimal] = defaultdict(Decimal)
        rows = session.execute(_booked(company_id, test, min(years) - 1, max(years))).all()
        days = {(row.currency, row.booked_on) for row in rows if row.currency != test.currency}
        rates = rates_to(session, company_id, test.currency, days) if days else None
        for row in rows:
            amount = Decimal(int(row.amount))
            if row.currency != test.currency:
                rate = rates.find(row.currency, row.booked_on) if rates else None
                if rate is None:
                    continue
                digits = minor_digits(test.currency) - minor_digits(row.currency)
                amount = amount * rate.value.numerator / rate.value.denominator
                amount = amount.scaleb(digits)
            self._sums[row.booked_on.year] += amount

    def add(self, day: date, amount: Decimal) -> bool:
        """Count a sale, and say whether it is past the limit or came after one that was."""
        self._sums[day.year] += amount
        return any(
            self._sums[year].quantize(Decimal(1), ROUND_HALF_UP) > self.test.limit
            for year in (day.year - 1, day.year)
        )


def _booked(
    company_id: int, test: TurnoverTest, first: int, last: int
) -> sa.Select[date, str, int]:
    return (
        sa.select(
            SoldUnder.booked_on,
            SoldUnder.currency,
            sa.cast(sa.func.sum(SoldUnder.amount), sa.BigInteger).label("amount"),
        )
        .where(
            SoldUnder.company_id == company_id,
            SoldUnder.regime == test.regime,
            SoldUnder.scheme.in_(sorted(test.schemes)),
            SoldUnder.booked_on >= date(first, 1, 1),
            SoldUnder.booked_on < date(last + 1, 1, 1),
        )
        .group_by(SoldUnder.booked_on, SoldUnder.currency)
    )


_KEY = ("company_id", "regime", "scheme", "booked_on", "currency")

SoldSums = Mapping[tuple[int, date, str], int]
"""What was sold by decision, day and currency."""


def keep_turnover(session: Session, company_id: int, sold: SoldSums) -> None:
    """Add what a batch of entries books to the turnover of the schemes that regimes test."""
    tested = {
        (test.regime, scheme)
        # Of disabled ones too: what comes back of their sales is no turnover any more.
        for _, regime in hooks.collect_installed(session, "tax_regimes")
        for test in getattr(regime, "turnover_tests", ())
        for scheme in test.schemes
    }
    if not tested or not sold:
        return
    schemes = _schemes(session, company_id, {decision_id for decision_id, _, _ in sold})
    sums: defaultdict[tuple[str, str, str, str], int] = defaultdict(int)
    for (decision_id, day, currency), amount in sold.items():
        if schemes[decision_id] in tested:
            sums[(*schemes[decision_id], day.isoformat(), currency)] += amount
    rows = [(company_id, *key, amount) for key, amount in sorted(sums.items()) if amount]
    bulk_upsert(
        session,
        table_of(SoldUnder),
        (*_KEY, "amount"),
        rows,
        key=_KEY,
        assign="amount = {old}.amount + excluded.amount",
    )


def _schemes(session: Session, company_id: int, ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """Return regime and scheme of decisions, which never change: each is asked for once."""
    database = session.info.get("database")
    kept: dict[Any, tuple[str, str]] = {} if database is None else database.remembered
    found = {each: kept[key] for each in ids if (key := (SoldUnder, company_id, each)) in kept}
    if missing := sorted(set(ids) - found.keys()):
        query = sa.select(Decision.id, Decision.regime, Decision.scheme).where(
            Decision.company_id == company_id, any_of(session, Decision.id, missing)
        )
        asked = {row[0]: (row[1], row[2]) for row in rows_of(session, query)}
        remember(kept, {(SoldUnder, company_id, each): said for each, said in asked.items()})
        found |= asked
    return found
