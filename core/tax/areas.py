"""What tax depends on of an address: the code of its state, and the beginning of its post code.

No more than that is kept beside an order in the clear: a whole post code may name a single house.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from functools import lru_cache
from importlib.resources import files

_CODE = re.compile(r"[A-Z0-9]{1,3}")

_KEPT = {"CA": 3, "IE": 3, "JP": 3, "NL": 4, "SG": 2}
_KEPT_ELSEWHERE = 5
_INWARD = 3
"""The second half of a British post code, which names a street or a house."""

_BRITISH = frozenset({"GB", "GG", "IM", "JE"})


@lru_cache(maxsize=4096)
def region_code(country: str, region: str) -> str:
    """Return the second part of a region's ISO 3166-2 code, empty if it is none that is known.

    Of countries whose tax knows no regions, what looks like a code is kept as it is.
    """
    text = region.strip()
    prefix = f"{country}-"
    if text.upper().startswith(prefix):
        text = text[len(prefix) :]
    known = _regions().get(country)
    if known is not None:
        return known.get(_letters(text), "")
    return text.upper() if _CODE.fullmatch(text.upper()) else ""


@lru_cache(maxsize=1 << 14)
def postal_area(country: str, postcode: str) -> str:
    """Return the beginning of a post code: as much as tax law looks at, and no street."""
    text = re.sub(r"[^A-Z0-9]", "", postcode.upper())
    if country in _BRITISH:
        return text[:-_INWARD] if len(text) > 2 * _INWARD - 2 else text
    return text[: _KEPT.get(country, _KEPT_ELSEWHERE)]


@cache
def _regions() -> dict[str, dict[str, str]]:
    text = files(__package__).joinpath("regions.toml").read_text("utf-8")
    return {
        country: {
            _letters(name): code for code, names in regions.items() for name in (code, *names)
        }
        for country, regions in tomllib.loads(text).items()
    }


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if letter.isalnum())
