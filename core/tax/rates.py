"""Rates by jurisdiction, class and day, as a table of an addon lists them with their sources."""

from __future__ import annotations

import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from decimal import InvalidOperation
from functools import cache
from importlib.resources import files
from typing import Any

from core.errors import InputError
from core.money import scaled_text
from core.tax.decision import RATE_ONE


@dataclass(frozen=True, slots=True)
class TaxRate:
    """A rate in millionths, the day from which it holds and the law or table that says so."""

    since: date
    rate: int
    source: str

    @property
    def percent(self) -> str:
        """Return the rate as it is spoken: `17.5 %`."""
        return percent_of(self.rate)


class RateTable:
    """The rates of some jurisdictions, each class of goods with its history.

    The file is TOML: for every jurisdiction and class an array of tables, each with the first day,
    the rate in percent as text, and the source; a rate holds until the next one of its class.
    `until` is the last day of a class that ended without a successor:

        [[DE.standard]]
        from = 2021-01-01
        percent = "19"
        source = "UStG § 12 Abs. 1"
    """

    def __init__(self, document: Mapping[str, Any], where: str = "rates") -> None:
        self._history: dict[tuple[str, str], tuple[TaxRate, ...]] = {}
        self._last: dict[tuple[str, str], date] = {}
        for jurisdiction, classes in document.items():
            for tax_class, rows in classes.items():
                self._add(jurisdiction, tax_class, rows, where)

    def _add(self, jurisdiction: str, tax_class: str, rows: Any, where: str) -> None:
        place = f"{where}: {jurisdiction}.{tax_class}"
        history = tuple(sorted((_rate(row, place) for row in rows), key=lambda each: each.since))
        days = [each.since for each in history]
        if len(set(days)) < len(days):
            raise InputError("Two rates begin on one day.", where=place)
        key = (jurisdiction, tax_class)
        self._history[key] = history
        newest = max(rows, key=lambda row: row["from"])
        if "until" in newest:
            self._last[key] = newest["until"]

    def jurisdictions(self) -> list[str]:
        """Return the jurisdictions of the table."""
        return sorted({jurisdiction for jurisdiction, _ in self._history})

    def classes(self, jurisdiction: str) -> list[str]:
        """Return the classes of goods for which a jurisdiction has rates."""
        return sorted(name for place, name in self._history if place == jurisdiction)

    def history(self, jurisdiction: str, tax_class: str = "standard") -> tuple[TaxRate, ...]:
        """Return the rates of a class, the oldest first; none if there is no such class."""
        return self._history.get((jurisdiction, tax_class), ())

    def on(self, jurisdiction: str, tax_class: str, day: date) -> TaxRate:
        """Return the rate of a class on a day.

        Raises: InputError for a class that the jurisdiction does not have, or not on that day.
        """
        history = self._history.get((jurisdiction, tax_class))
        if history is None:
            known = ", ".join(self.classes(jurisdiction)) or "none"
            raise InputError(
                f"{jurisdiction} has no tax class {tax_class!r}.", hint=f"It has {known}."
            )
        index = bisect_right(history, day, key=lambda each: each.since)
        if index == 0 or day > self._last.get((jurisdiction, tax_class), date.max):
            raise InputError(
                f"{jurisdiction} had no {tax_class} rate on {day}; the first is of"
                f" {history[0].since}.",
                hint="Check the date of the sale and the tax class of the SKU.",
            )
        return history[index - 1]


def percent_of(rate: int) -> str:
    """Return a rate in millionths as it is spoken: `17.5 %`."""
    return scaled_text(rate, 4).rstrip("0").rstrip(".") + " %"


@cache
def rate_table(package: str, name: str = "tables/rates.toml") -> RateTable:
    """Return a table of rates that an addon ships, read once.

    Raises: InputError naming the row that cannot be read.
    """
    text = files(package).joinpath(name).read_text(encoding="utf-8")
    return RateTable(tomllib.loads(text), f"{package}/{name}")


def _rate(row: Mapping[str, Any], where: str) -> TaxRate:
    try:
        since, percent, source = row["from"], row["percent"], row["source"]
    except KeyError as missing:
        raise InputError(f"A rate lacks {missing}.", where=where) from None
    if type(since) is not date or not isinstance(percent, str) or not source:
        raise InputError("A rate needs a day, a percentage as text and a source.", where=where)
    try:
        rate = Decimal(percent) * RATE_ONE / 100
    except InvalidOperation:
        raise InputError(f"{percent!r} is no percentage.", where=where) from None
    if rate != rate.to_integral_value() or not 0 <= rate <= RATE_ONE:
        raise InputError(f"{percent!r} is no percentage with four decimals.", where=where)
    return TaxRate(since, int(rate), source)
