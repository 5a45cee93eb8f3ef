"""Countries by their ISO 3166 codes and English names."""

from __future__ import annotations

from functools import cache

from babel import Locale


@cache
def _codes() -> frozenset[str]:
    return frozenset(code for code in Locale.parse("en").territories if len(code) == 2)


@cache
def english_names() -> dict[str, str]:
    """Return the code of each English country name; the names are in lower case."""
    names = Locale.parse("en").territories
    return {names[code].casefold(): code for code in _codes()}


def is_country(code: str) -> bool:
    """Tell whether a code names a country; ZZ means unknown, EU the European Union."""
    return code in _codes()
