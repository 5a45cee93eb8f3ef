"""Shopify's search syntax as far as it is used: `name:value` joined by AND or OR."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from graphql import GraphQLError

_TERM = re.compile(r"""(\w+):(>=|<=|>|<)?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\S+)""")
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": lambda one, other: one >= other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    "<": lambda one, other: one < other,
    "": lambda one, other: one == other,
}
Fields = Mapping[str, Callable[[Any], object]]


def finds(query: str | None, fields: Fields) -> Callable[[Any], bool]:
    """Return what says whether a row is looked for; without a query every one is.

    Raises: GraphQLError for what this search does not know: the real one would not look at it.
    """
    if not query or not query.strip():
        return lambda _row: True
    groups = [_terms(part, fields) for part in re.split(r"\s+OR\s+", query.strip())]
    return lambda row: any(all(fits(row) for fits in group) for group in groups)


def _terms(text: str, fields: Fields) -> list[Callable[[Any], bool]]:
    found, rest = [], text
    for match in _TERM.finditer(text):
        found.append(_term(match[1], match[2] or "", _plain(match[3]), fields))
        rest = rest.replace(match[0], " ", 1)
    if left := rest.replace("AND", " ").replace("(", " ").replace(")", " ").strip():
        raise GraphQLError(f"The search does not understand {left!r}.")
    return found


def _term(name: str, sign: str, text: str, fields: Fields) -> Callable[[Any], bool]:
    if name not in fields:
        raise GraphQLError(f"The search knows no {name!r} here.")
    read, compare = fields[name], _COMPARE[sign]

    def fits(row: Any) -> bool:
        value = read(row)
        return compare(value, _moment(text) if isinstance(value, datetime) else text)

    return fits


def _plain(text: str) -> str:
    if text[:1] in "'\"" and len(text) > 1:
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise GraphQLError(f"{text!r} is no moment.") from None
