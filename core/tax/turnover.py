"""Limits on what a seller sells in a year, tested by what he really sold.

A regime says which sales count and under which schemes they stand in the books. What a batch of
sales adds is counted on as it comes, so that the very sale that passes the limit knows it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.ledger.models import Account
from core.ledger.models import Posting
from core.money import minor_digits
from core.rates.finding import rates_to
from core.tax.facts import TaxFacts
from core.tax.models import Decision


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
            Posting.booked_on,
            Posting.currency,
            sa.cast(-sa.func.sum(Posting.currency_amount), sa.BigInteger).label("amount"),
        )
        .join(
            Account,
            (Account.company_id == Posting.company_id) & (Account.id == Posting.account_id),
        )
        .join(
            Decision,
            (Decision.company_id == Posting.company_id) & (Decision.id == Posting.decision_id),
        )
        .where(
            Posting.company_id == company_id,
            Posting.booked_on >= date(first, 1, 1),
            Posting.booked_on < date(last + 1, 1, 1),
            Decision.regime == test.regime,
            Decision.scheme.in_(sorted(test.schemes)),
            Account.code != Decision.account,
        )
        .group_by(Posting.booked_on, Posting.currency)
    )
