"""What was sold and earned day by day, and of a span of days, with how final that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import timedelta

from sqlalchemy.orm import Session

from core.ledger.months import NET_SALES
from core.ledger.settledness import States
from core.ledger.settledness import settledness
from core.ledger.summing import EVERYTHING
from core.ledger.summing import sum_profit


@dataclass(frozen=True, slots=True)
class Earned:
    """Net sales and profit in minor units of the company; `states` of the orders behind them."""

    net_sales: int = 0
    profit: int = 0
    states: States = States()

    def __add__(self, other: Earned) -> Earned:
        return Earned(
            self.net_sales + other.net_sales,
            self.profit + other.profit,
            self.states + other.states,
        )


NOTHING = Earned()


@dataclass(frozen=True, slots=True)
class Days:
    """What each day of a range earned; a day without bookings earned nothing."""

    first: date
    last: date
    found: dict[date, Earned]

    def on(self, day: date) -> Earned:
        """Return what a day earned."""
        return self.found.get(day, NOTHING)

    def between(self, first: date, last: date) -> Earned:
        """Return what the days of a span earned together."""
        days = [each for day, each in self.found.items() if first <= day <= last]
        return sum(days, NOTHING)

    def each(self) -> Sequence[tuple[date, Earned]]:
        """Return every day of the range, the first one first."""
        number = (self.last - self.first).days + 1
        days = [self.first + timedelta(days=n) for n in range(number)]
        return [(day, self.on(day)) for day in days]


def daily(session: Session, company_id: int, first: date, last: date) -> Days:
    """Return what each day of a range earned; the same few queries however much that is."""
    sums = sum_profit(session, company_id, "day", first, last)
    states = settledness(session, company_id, "day", sums, first, last, EVERYTHING)
    found = {}
    for each in sums:
        sold = sum(each.lines[name] for name in NET_SALES)
        day = date.fromisoformat(str(each.key))
        found[day] = Earned(sold, sum(each.lines.values()), states.get(each.key, States()))
    return Days(first, last, found)
