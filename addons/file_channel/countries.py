"""Countries by their ISO 3166 codes and English names."""

from __future__ import annotations

from functools import cache

from babel import Locale


@cache
def _codes() -> frozenset[str]:
    return frozenset(english_names().values())


@cache
def english_names() -> dict[str, str]:
    """Return the code of each English country name; the names are in lower case."""
    names = Locale.parse("en").territories.items()
    return {str(name).casefold(): str(code) for code, name in names if len(str(code)) == 2}


def is_country(code: str) -> bool:
    """Tell whether a code names a country; ZZ means unknown, EU the European Union."""
    return code in _codes()
