"""VAT within prices: eBay shows buyers one price, and does not tell what of it is VAT."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from decimal import InvalidOperation
from functools import cache

from core.api import InputError
from core.api import is_country
from core.api import tax_within

MILLION = 1_000_000


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
