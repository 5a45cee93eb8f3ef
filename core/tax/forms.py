"""What a return is: boxes under the codes of its authority, as questions to decisions."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import timedelta
from typing import Literal

from core.errors import InputError
from core.tax.decision import TaxDecision

Measure = Literal["base", "tax", "sum", "accounts", "manual"]

_PERIOD = re.compile(r"(\d{4})(?:-?Q([1-4])|-(\d{2})|-?B([1-6])|-?H([12]))?")

FREQUENCIES = (1, 2, 3, 6, 12)
"""How many months a period of a return may have."""

IMPORT_ENTRY = "import_vat"
"""The kind of entries that book what a customs declaration says of import VAT."""

Due = tuple[int, int]
"""How many months after a period's last one a return is due, and on which day; 0 is the last."""


def every(_decision: TaxDecision) -> bool:
    """Select every decision."""
    return True


@dataclass(frozen=True, slots=True)
class BoxRule:
    """A box of a return: `code` is the authority's own number or name for it.

    - `base`, `tax`: what the lines were taxed on, or their tax, where `where` holds of the
      decision; positive for sales. `by` names fields of the decision (`jurisdiction`, `rate`,
      `origin`) for each combination of which there is a row of its own.
    - `accounts`: what stands on some accounts for the jurisdiction without a decision, such as
      input tax; positive for a debit, turned by `sign`. `kinds` are the kinds of entries that
      count, empty for any.
    - `sum`: other boxes, each with its sign, as `of`.
    - `manual`: what the books do not know; it is shown empty, to be filled in by hand.

    `whole` drops the fraction of a base, as authorities that ask for whole units of money do.
    `part` is the share of the amounts that the box asks for, such as the national 78 of 100.
    """

    code: str
    title: str
    measure: Measure
    where: Callable[[TaxDecision], bool] = every
    by: tuple[str, ...] = ()
    of: tuple[tuple[str, int], ...] = ()
    accounts: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    sign: int = 1
    whole: bool = False
    part: tuple[int, int] = (1, 1)


def postponed_imports(code: str, title: str, account: str = "2300") -> BoxRule:
    """Return the box of import tax that the importer owes by the return, and not at the border."""
    return BoxRule(code, title, "accounts", accounts=(account,), kinds=(IMPORT_ENTRY,), sign=-1)


@dataclass(frozen=True, slots=True)
class ReturnForm:
    """A return of a regime; `code` is how commands call it.

    `currency` is the money it is filed in and `months` how long its period is as a rule.
    With `corrections`, what belongs to a sale of an earlier period does not change this period's
    boxes but makes lines of its own, each with that period, as one-stop-shop returns want it.
    Without, an earlier period is corrected by an amended return of its own.
    `schemes` are the registrations that oblige to file it; `due` is the usual last day, None where
    it depends on more than the period, and `due_after` names periods, by their last month, for
    which it is another. `account` takes the tax that its boxes add up, empty if they ask for none.
    """

    code: str
    title: str
    regime: str
    jurisdiction: str
    currency: str
    months: int
    boxes: Sequence[BoxRule]
    corrections: bool = False
    schemes: tuple[str, ...] = ("local", "importer")
    due: Due | None = None
    due_after: tuple[tuple[int, Due], ...] = ()
    account: str = "2300"

    def is_due_for(self, country: str, region: str, scheme: str) -> bool:
        """Say whether a registration obliges to file it."""
        place = f"{country}-{region}" if region else country
        return place == self.jurisdiction and scheme in self.schemes

    def due_on(self, period: Period) -> date | None:
        """Return the last day on which it may be filed for a period."""
        last = (period.end.month - 2) % 12 + 1
        rule = dict(self.due_after).get(last, self.due)
        if rule is None:
            return None
        months, day = rule
        first = month_after(period.end, months - 1)
        if not day:
            return month_after(first, 1) - timedelta(days=1)
        return first.replace(day=day)


@dataclass(frozen=True, slots=True)
class Period:
    """A month, quarter or year: from `start` to the day before `end`."""

    label: str
    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Box:
    """A box as filled; `amount` in minor units of the form's currency, None if by hand.

    `key` is what its row is about (`FR`, `20 %`), `corrects` the earlier period it corrects.
    """

    code: str
    title: str
    amount: int | None
    key: tuple[str, ...] = ()
    corrects: str = ""


def period_of(text: str) -> Period:
    """Return the period that a text means: 2026, 2026-H1, 2026-Q1, 2026-B1 (two months), 2026-03.

    Raises: InputError for anything else.
    """
    said = _PERIOD.fullmatch(text.strip().upper())
    if said is None or (said[3] and not 1 <= int(said[3]) <= 12):
        hint = "Write 2026-03, 2026-B2, 2026-Q1, 2026-H1 or 2026."
        raise InputError(f"{text!r} is no period.", hint=hint)
    year = int(said[1])
    if said[2]:
        first, months, label = 3 * int(said[2]) - 2, 3, f"{year}-Q{said[2]}"
    elif said[4]:
        first, months, label = 2 * int(said[4]) - 1, 2, f"{year}-B{said[4]}"
    elif said[5]:
        first, months, label = 6 * int(said[5]) - 5, 6, f"{year}-H{said[5]}"
    elif said[3]:
        first, months, label = int(said[3]), 1, f"{year}-{said[3]}"
    else:
        first, months, label = 1, 12, str(year)
    start = date(year, first, 1)
    return Period(label, start, month_after(start, months))


def period_around(day: date, months: int) -> Period:
    """Return the period of some months in which a day lies."""
    if months == 12:
        return period_of(str(day.year))
    if months == 6:
        return period_of(f"{day.year}-H{(day.month + 5) // 6}")
    if months == 2:
        return period_of(f"{day.year}-B{(day.month + 1) // 2}")
    if months == 3:
        return period_of(f"{day.year}-Q{(day.month + 2) // 3}")
    return period_of(f"{day:%Y-%m}")


def periods_until(first: date, today: date, months: int) -> list[Period]:
    """Return the periods from the one of a day to the one that runs today, the latest first."""
    found = [period_around(today, months)]
    while found[-1].start > first:
        found.append(period_around(found[-1].start - timedelta(days=1), months))
    return found if today >= first else []


def month_after(day: date, months: int) -> date:
    """Return the first day of the month that comes some months after a day's."""
    place = day.year * 12 + day.month - 1 + months
    return date(place // 12, place % 12 + 1, 1)
