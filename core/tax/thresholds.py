"""What a law's registration threshold is: which sales count for it, over which time."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from core.tax.decision import TaxDecision
from core.tax.forms import month_after
from core.tax.limits import TaxLimit


@dataclass(frozen=True, slots=True)
class SalesWindow:
    """The time over which sales count.

    `rolling` are the last twelve months, the running one among them, as laws that look at the end
    of each month want it; `year` the year that begins with `first_month`. With `previous` the
    whole year before counts as well: over in either is over.
    """

    kind: Literal["rolling", "year"] = "rolling"
    first_month: int = 1
    previous: bool = False

    def start(self, day: date) -> date:
        """Return the first day of the window in which a day lies."""
        if self.kind == "rolling":
            return month_after(day, -11)
        first = date(day.year, self.first_month, 1)
        return first if day >= first else date(day.year - 1, self.first_month, 1)


ROLLING = SalesWindow()
CALENDAR = SalesWindow("year")
EITHER_YEAR = SalesWindow("year", previous=True)


def anyone(_country: str) -> bool:
    """Say that a threshold holds for sellers of every country."""
    return True


def taxed_by(regime: str) -> Callable[[TaxDecision], bool]:
    """Select what a seller supplies himself under a regime: taxed, zero-rated, or not yet."""

    def where(decision: TaxDecision) -> bool:
        own = decision.collector in ("seller", "none")
        return decision.regime == regime and decision.role in ("sale", "export") and own

    return where


@dataclass(frozen=True, slots=True)
class Threshold:
    """From which sales a law obliges to register; `limits` is its history.

    `where` selects the decisions whose lines count. `schemes` are the registrations of
    `jurisdiction` that answer it, `sellers` says for which countries of establishment it holds.
    A limit of nothing obliges from the first sale. `also` names another threshold that must be
    crossed too.
    """

    code: str
    title: str
    jurisdiction: str
    limits: Sequence[TaxLimit]
    where: Callable[[TaxDecision], bool]
    window: SalesWindow = ROLLING
    schemes: tuple[str, ...] = ("local", "importer")
    sellers: Callable[[str], bool] = anyone
    also: str = ""

    def limit_on(self, day: date) -> TaxLimit | None:
        """Return the limit of a day, None where the law sets none on it."""
        held = [each for each in self.limits if each.since <= day]
        return held[-1] if held and day <= held[-1].until else None

    def is_met_by(self, country: str, region: str, scheme: str) -> bool:
        """Say whether a registration is what the threshold obliges to."""
        place = f"{country}-{region}" if region else country
        return place == self.jurisdiction and scheme in self.schemes
