"""Where a parcel goes, as UK VAT law sees it on a day."""

from __future__ import annotations

import tomllib
from datetime import date
from enum import Enum
from functools import cache
from importlib.resources import files
from typing import Any

from core.api import is_country

# Codes that mean a country whose rules they share. Northern Ireland (XI) and the Isle of Man are
# one VAT area with Great Britain, Monaco is one with France; EL and UK are the EU's own spellings.
SAME_AS = {"UK": "GB", "XI": "GB", "IM": "GB", "EL": "GR", "MC": "FR"}

# From this day a sale to a consumer in another member state is taxed; before, it was an export
# (Finance (No. 2) Act 1992, directive 91/680/EEC).
SINGLE_MARKET = date(1993, 1, 1)

UNNAMED_MEMBER = "EU"


class Place(Enum):
    """What kind of destination it is."""

    DOMESTIC = "domestic"
    MEMBER = "member"
    OUTSIDE = "outside"
    UNNAMED_MEMBER = "unnamed member"
    UNKNOWN = "unknown"


def place_of(country: str, day: date) -> Place:
    """Return what kind of destination a country code is on a day.

    Only a code that is known to lie elsewhere counts as outside: whatever is unspecified,
    misspelt or new must not leave the country untaxed.
    """
    code = SAME_AS.get(country, country)
    if code == "GB":
        return Place.DOMESTIC
    if code == UNNAMED_MEMBER:
        return Place.UNNAMED_MEMBER
    if not is_country(code):
        return Place.UNKNOWN
    return Place.MEMBER if _shares_market(code, day) else Place.OUTSIDE


def is_member(country: str) -> bool:
    """Return whether a country is or was a member of the EU."""
    return SAME_AS.get(country, country) in _members()


def member_since(country: str) -> date:
    """Return the day a country joined the EU."""
    return _members()[SAME_AS.get(country, country)][0]


def _shares_market(code: str, day: date) -> bool:
    members = _members()
    both = (members["GB"], members.get(code, (date.max, date.max)))
    return day >= SINGLE_MARKET and all(first <= day <= last for first, last in both)


@cache
def _members() -> dict[str, tuple[date, date]]:
    rows = _read("eu_members.toml")
    return {code: (row["from"], row.get("until", date.max)) for code, row in rows.items()}


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("tables", name).read_text("utf-8"))
