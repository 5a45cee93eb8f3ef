"""Which places are the VAT area of the Union on a day."""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from functools import lru_cache
from importlib.resources import files
from typing import Any

from core.api import is_country

SAME_AS = {"EL": "GR", "MC": "FR"}
"""Codes of what shares the VAT of a member state; EL is the Union's own spelling."""


def code_of(country: str) -> str:
    """Return the code under which a country's VAT is kept."""
    return SAME_AS.get(country, country)


@lru_cache(maxsize=1 << 14)
def is_member(country: str, day: date) -> bool:
    """Say whether a country is a member state on a day."""
    span = _members().get(code_of(country))
    return span is not None and span[0] <= day <= span[1]


@lru_cache(maxsize=1 << 14)
def in_area(country: str, postcode: str, day: date) -> bool:
    """Say whether a place is in the Union's VAT area: some parts of member states are not."""
    apart = _outside().get(code_of(country), ())
    return is_member(country, day) and not postcode.replace(" ", "").startswith(tuple(apart))


@lru_cache(maxsize=1 << 14)
def region_of(country: str, postcode: str) -> str:
    """Return the part of a member state with own rates in which a place lies, empty if none."""
    text = postcode.replace(" ", "")
    for region, state, postcodes in _regions():
        if state == code_of(country) and text.startswith(postcodes):
            return region
    return ""


def is_abroad(code: str) -> bool:
    """Say whether a text is the code of a country: anything else proves no export.

    Northern Ireland is of the Union as far as goods go, so that nothing is exported there.
    """
    return is_country(code) and code != "XI"


def member_states() -> list[str]:
    """Return the member states of today and before."""
    return sorted(_members())


@cache
def _members() -> dict[str, tuple[date, date]]:
    rows = _read("members.toml")
    return {code: (row["from"], row.get("until", date.max)) for code, row in rows.items()}


@cache
def _outside() -> dict[str, list[str]]:
    return _read("outside.toml")


@cache
def _regions() -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    rows = _read("regions.toml").items()
    return tuple((name, row["state"], tuple(row["postcodes"])) for name, row in rows)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("tables", name).read_text("utf-8"))
