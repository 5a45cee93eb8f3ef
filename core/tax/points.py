"""On which day a sale is taxed, as each law says it: a table of an addon, with its sources.

A law knows three days: the goods leave, the buyer pays, the invoice is issued. Which of them sets
the rate, and which says in what period the sale is declared, differs by law and within it by
scheme. What nobody told of an invoice is taken as issued when the goods left, and a payment as made
when it was ordered: `core.tax.facts.TaxFacts.paid_on`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any
from typing import Final

from core.errors import InputError
from core.tax.facts import TaxFacts

DEFAULT: Final = "default"
"""The name of what holds for every scheme that has no row of its own."""

_RULE = re.compile(r"(?:(first|middle) of )?([a-z]+(?:, [a-z]+)*)")


@dataclass(frozen=True, slots=True)
class DayRule:
    """Which of a sale's days counts: one, the first of some, or the middle one of three.

    The middle one is what a rule of two out of three comes to: the old rate holds if two of the
    days lie before its end.
    """

    pick: str
    of: tuple[str, ...]

    def day(self, fact: TaxFacts) -> date:
        """Return the day of a sale."""
        days = sorted(_day(fact, name) for name in self.of)
        return days[len(days) // 2] if self.pick == "middle" else days[0]


@dataclass(frozen=True, slots=True)
class TaxPoint:
    """The day whose rate a sale bears, and the day in whose period it is declared."""

    rate: DayRule
    period: DayRule
    source: str


class TaxPoints:
    """The tax points of a law by scheme.

    The file is TOML: a table `default`, and one for each scheme that differs. A rule is `dispatch`,
    `payment` or `invoice`, or `first of` or `middle of` some of them:

        [default]
        rate = "dispatch"
        period = "first of payment, invoice, dispatch"
        source = "MWSTG Art. 115; Art. 40"
    """

    def __init__(self, document: Mapping[str, Any], where: str = "tax points") -> None:
        self._points = {
            scheme: _point(row, f"{where}: {scheme}") for scheme, row in document.items()
        }
        if DEFAULT not in self._points:
            raise InputError(f"There is no tax point named {DEFAULT!r}.", where=where)

    def schemes(self) -> list[str]:
        """Return the schemes that differ from the rest."""
        return sorted(self._points.keys() - {DEFAULT})

    def of(self, scheme: str = DEFAULT) -> TaxPoint:
        """Return the tax point of a scheme."""
        return self._points.get(scheme) or self._points[DEFAULT]

    def rate_day(self, fact: TaxFacts, scheme: str = DEFAULT) -> date:
        """Return the day whose rate a sale bears."""
        return self.of(scheme).rate.day(fact)

    def period_day(self, fact: TaxFacts, scheme: str = DEFAULT) -> date:
        """Return the day in whose period a sale is declared."""
        return self.of(scheme).period.day(fact)


@cache
def tax_points(package: str, name: str = "tables/tax_points.toml") -> TaxPoints:
    """Return the table of tax points that an addon ships, read once.

    Raises: InputError naming the row that cannot be read.
    """
    text = files(package).joinpath(name).read_text(encoding="utf-8")
    return TaxPoints(tomllib.loads(text), f"{package}/{name}")


def _day(fact: TaxFacts, name: str) -> date:
    if name == "payment":
        return fact.payment_day
    return (fact.invoiced_on or fact.taxed_on) if name == "invoice" else fact.taxed_on


def _point(row: Mapping[str, Any], where: str) -> TaxPoint:
    try:
        rate, period, source = row["rate"], row["period"], row["source"]
    except KeyError as missing:
        raise InputError(f"A tax point lacks {missing}.", where=where) from None
    if not source:
        raise InputError("A tax point needs a source.", where=where)
    return TaxPoint(_rule(rate, where), _rule(period, where), source)


def _rule(text: str, where: str) -> DayRule:
    said = _RULE.fullmatch(text)
    names = tuple(said[2].split(", ")) if said else ()
    pick = (said[1] or "first") if said else ""
    known = set(names) <= {"dispatch", "payment", "invoice"} and len(set(names)) == len(names)
    # One day is named by itself, and only of three is one in the middle.
    fits = said is not None and (len(names) > 1) == bool(said[1])
    if not known or not fits or (pick == "middle" and len(names) != 3):  # noqa: PLR2004
        raise InputError(
            f"{text!r} names no day of a sale.",
            where=where,
            hint="Write dispatch, payment or invoice, `first of` some of them, or `middle of` all.",
        )
    return DayRule(pick, names)
