"""What date-range reports say in the languages of the marketplaces, as `tables/` lists it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_SPACES = re.compile(r"[\s\u00a0\u202f]+")


def plain(text: str) -> str:
    """Return a word as words are compared: without case, colons and kinds of apostrophes."""
    folded = _SPACES.sub(" ", text.replace("\u2019", "'").casefold())
    return folded.strip(" :\ufeff")


@dataclass(frozen=True)
class Words:
    """What each word means; words are compared by `plain`."""

    columns: Mapping[str, str]
    amounts: Mapping[str, str]
    dropped: frozenset[str]
    types: Mapping[str, str]
    names: Mapping[str, str]
    held: frozenset[str]
    months: Mapping[str, int]
    currencies: Mapping[str, str]


@cache
def words() -> Words:
    """Return the words."""
    text = files(__package__).joinpath("tables", "date_range.toml").read_text("utf-8")
    raw = tomllib.loads(text)
    return Words(
        columns=_meanings(raw["columns"]),
        amounts=_meanings(raw["amounts"]),
        dropped=frozenset(map(plain, raw["dropped"]["names"])),
        types=_meanings(raw["types"]),
        names=_meanings(raw["names"]),
        held=frozenset(map(plain, raw["status"]["held"])),
        months={plain(each): int(n) for n, told in raw["months"].items() for each in told},
        currencies=raw["currencies"],
    )


def _meanings(table: Mapping[str, list[str]]) -> dict[str, str]:
    return {plain(word): name for name, told in table.items() for word in (name, *told)}
