"""The UK's VAT rates by class and day, as `tables/rates.toml` lists them."""

from __future__ import annotations

import tomllib
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files

from core.api import InputError

CLASSES = ("standard", "reduced", "zero")
EXPORT = "export"


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate in hundredths of a percent, the day from which it holds and the law that says so."""

    since: date
    rate: int
    source: str

    @property
    def percent(self) -> str:
        """Return the rate as it is spoken: `17.5 %`."""
        return f"{Decimal(self.rate) / 100} %"


@cache
def rates() -> dict[str, tuple[Rate, ...]]:
    """Return the rates of each class, the oldest first."""
    data = tomllib.loads(files(__package__).joinpath("tables/rates.toml").read_text("utf-8"))
    return {
        name: tuple(
            sorted((Rate(r["from"], r["rate"], r["source"]) for r in rows), key=lambda r: r.since)
        )
        for name, rows in data.items()
    }


def rate_on(tax_class: str, day: date) -> Rate:
    """Return the rate of a class on a day.

    Raises: InputError for a day before the class had a rate.
    """
    history = rates()[tax_class]
    index = bisect_right(history, day, key=lambda rate: rate.since)
    if index == 0:
        raise InputError(
            f"UK VAT had no {tax_class} rate on {day}; the first is of {history[0].since}.",
            hint="Check the date of the sale and the tax class of the SKU.",
        )
    return history[index - 1]
