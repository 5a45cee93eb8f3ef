"""The UK's VAT rates by class and day, as `tables/rates.toml` lists them."""

from __future__ import annotations

from datetime import date

from core.api import RateTable
from core.api import TaxRate
from core.api import rate_table

CLASSES = ("standard", "reduced", "zero")
EXPORT = "export"


def rates() -> RateTable:
    """Return the table."""
    return rate_table(__package__ or "")


def rate_on(tax_class: str, day: date) -> TaxRate:
    """Return the rate of a class on a day.

    Raises: InputError for a day before the class had a rate.
    """
    return rates().on("GB", tax_class, day)
