"""What a return is: boxes under the codes of its authority, as questions to decisions."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from core.errors import InputError
from core.tax.decision import TaxDecision

Measure = Literal["base", "tax", "sum", "accounts", "manual"]

_PERIOD = re.compile(r"(\d{4})(?:-?Q([1-4])|-(\d{2})|-?B([1-6]))?")


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
      input tax; positive for a debit, turned by `sign`.
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
    sign: int = 1
    whole: bool = False
    part: tuple[int, int] = (1, 1)


@dataclass(frozen=True, slots=True)
class ReturnForm:
    """A return of a regime; `code` is how commands call it.

    `currency` is the money it is filed in and `months` how long its period is as a rule.
    With `corrections`, what belongs to a sale of an earlier period does not change this period's
    boxes but makes lines of its own, each with that period, as one-stop-shop returns want it.
    """

    code: str
    title: str
    regime: str
    jurisdiction: str
    currency: str
    months: int
    boxes: Sequence[BoxRule]
    corrections: bool = False


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
    """Return the period that a text such as 2026, 2026-Q1, 2026-B1 (two months) or 2026-03 means.

    Raises: InputError for anything else.
    """
    said = _PERIOD.fullmatch(text.strip().upper())
    if said is None or (said[3] and not 1 <= int(said[3]) <= 12):
        raise InputError(f"{text!r} is no period.", hint="Write 2026-03, 2026-B2, 2026-Q1 or 2026.")
    year = int(said[1])
    if said[2]:
        first, months, label = 3 * int(said[2]) - 2, 3, f"{year}-Q{said[2]}"
    elif said[4]:
        first, months, label = 2 * int(said[4]) - 1, 2, f"{year}-B{said[4]}"
    elif said[3]:
        first, months, label = int(said[3]), 1, f"{year}-{said[3]}"
    else:
        first, months, label = 1, 12, str(year)
    last = first + months
    return Period(label, date(year, first, 1), date(year + (last > 12), (last - 1) % 12 + 1, 1))


def period_around(day: date, months: int) -> Period:
    """Return the period of some months in which a day lies."""
    if months == 12:
        return period_of(str(day.year))
    if months == 2:
        return period_of(f"{day.year}-B{(day.month + 1) // 2}")
    if months == 3:
        return period_of(f"{day.year}-Q{(day.month + 2) // 3}")
    return period_of(f"{day:%Y-%m}")
