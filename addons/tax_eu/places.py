"""Which places are the VAT area of the Union on a day."""

from __future__ import annotations

import tomllib
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

SAME_AS = {"EL": "GR", "MC": "FR"}
"""Codes of what shares the VAT of a member state; EL is the Union's own spelling."""


def code_of(country: str) -> str:
    """Return the code under which a country's VAT is kept."""
    return SAME_AS.get(country, country)


@cache
def is_member(country: str, day: date) -> bool:
    """Say whether a country is a member state on a day."""
    span = _members().get(code_of(country))
    return span is not None and span[0] <= day <= span[1]


@cache
def in_area(country: str, postcode: str, day: date) -> bool:
    """Say whether a place is in the Union's VAT area: some parts of member states are not."""
    apart = _outside().get(code_of(country), ())
    return is_member(country, day) and not postcode.replace(" ", "").startswith(tuple(apart))


def is_country(code: str) -> bool:
    """Say whether a text is the code of a country: anything else proves no export."""
    return code in _countries()


def member_states() -> list[str]:
    """Return the member states of today and before."""
    return sorted(_members())


@cache
def _members() -> dict[str, tuple[date, date]]:
    rows = _read("members.toml")
    return {code: (row["from"], row.get("until", date.max)) for code, row in rows.items()}


@cache
def _countries() -> frozenset[str]:
    return frozenset(_read("countries.toml")["codes"])


@cache
def _outside() -> dict[str, list[str]]:
    return _read("outside.toml")


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("tables", name).read_text("utf-8"))
