"""Limits that a law sets in its own money, by day, as a table of an addon lists them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from decimal import InvalidOperation
from functools import cache
from importlib.resources import files
from typing import Any

from core.errors import InputError
from core.money import to_minor


@dataclass(frozen=True, slots=True)
class TaxLimit:
    """An amount in minor units of its currency, the days on which it holds, and its source.

    `until` is its last day, `sales` a number of sales that counts as the amount does, if any; with
    `both` it takes the two together.
    """

    since: date
    amount: int
    currency: str
    source: str
    until: date = date.max
    sales: int | None = None
    both: bool = False


class LimitTable:
    """The limits of some jurisdictions by name, each with its history.

    The file is TOML: for every jurisdiction and name an array of tables, each with the first day,
    the amount as text, its currency and the source; it holds until the next one of its name, or to
    the day `until`:

        [[AU.low_value]]
        from = 2018-07-01
        amount = "1000.00"
        currency = "AUD"
        source = "GST Act 1999, s. 84-79"
    """

    def __init__(self, document: Mapping[str, Any], where: str = "limits") -> None:
        self._history = {
            (place, name): tuple(
                sorted(
                    (_limit(row, f"{where}: {place}.{name}") for row in rows),
                    key=lambda each: each.since,
                )
            )
            for place, names in document.items()
            for name, rows in names.items()
        }

    def jurisdictions(self, name: str) -> list[str]:
        """Return the jurisdictions that have a limit of a name."""
        return sorted(place for place, known in self._history if known == name)

    def history(self, jurisdiction: str, name: str) -> tuple[TaxLimit, ...]:
        """Return what a limit was, the oldest first; nothing where there is none."""
        return self._history.get((jurisdiction, name), ())

    def on(self, jurisdiction: str, name: str, day: date) -> TaxLimit | None:
        """Return the limit of a day, None where the law sets none on it."""
        held = [each for each in self.history(jurisdiction, name) if each.since <= day]
        return held[-1] if held and day <= held[-1].until else None


@cache
def limit_table(package: str, name: str = "tables/limits.toml") -> LimitTable:
    """Return a table of limits that an addon ships, read once.

    Raises: InputError naming the row that cannot be read.
    """
    text = files(package).joinpath(name).read_text(encoding="utf-8")
    return LimitTable(tomllib.loads(text), f"{package}/{name}")


def _limit(row: Mapping[str, Any], where: str) -> TaxLimit:
    try:
        since, amount, currency, source = row["from"], row["amount"], row["currency"], row["source"]
    except KeyError as missing:
        raise InputError(f"A limit lacks {missing}.", where=where) from None
    until, sales = row.get("until", date.max), row.get("sales")
    if type(since) is not date or type(until) is not date or until < since or not source:
        raise InputError("A limit needs its days in order and a source.", where=where)
    try:
        minor = to_minor(Decimal(str(amount)), currency)
    except InvalidOperation:
        raise InputError(f"{amount!r} is no amount.", where=where) from None
    return TaxLimit(since, minor, currency, source, until, sales, bool(row.get("both")))
