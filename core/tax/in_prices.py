"""VAT within prices: platforms show buyers one price, and do not tell what of it is VAT."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from decimal import InvalidOperation
from functools import cache

from core.errors import InputError
from core.tax.decision import tax_within
from core.tax.places import is_country

MILLION = 1_000_000


@dataclass(frozen=True)
class PriceBasis:
    """What holds for all amounts of an order: its currency, and the VAT within its prices."""

    currency: str
    country: str
    rates: Mapping[str, int]

    def split(self, gross: int, theirs: int) -> tuple[int, int]:
        """Return an amount without tax, and its tax; `theirs` the platform adds and keeps."""
        net, ours = without_vat(gross, self.country, {} if theirs else self.rates)
        return net, theirs or ours or 0


@cache
def read_vat(text: str) -> Mapping[str, int]:
    """Return the rate of each country in millionths, from a text as `GB 20, DE 19`.

    Raises: InputError saying which part cannot be read.
    """
    found: dict[str, int] = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        country, _, percent = part.partition(" ")
        try:
            rate = Decimal(percent.strip().removesuffix("%")) * (MILLION // 100)
        except InvalidOperation:
            rate = Decimal(-1)
        if not is_country(country) or not 0 <= rate < MILLION or rate != int(rate):
            raise InputError(
                f"{part!r} is no country with its percent.", hint="Write it as GB 20, DE 19."
            )
        found[country] = int(rate)
    return found


def without_vat(gross: int, country: str, rates: Mapping[str, int]) -> tuple[int, int | None]:
    """Return what remains of a price without its VAT, and the VAT; None where it holds none."""
    if country not in rates:
        return gross, None
    tax = tax_within(gross, rates[country])
    return gross - tax, tax
