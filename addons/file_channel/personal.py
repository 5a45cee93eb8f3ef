"""Cells that tell of the buyer: taken out of a row, so that the row as it is kept holds none.

The mapping names the columns of the address. A column that nobody named, but whose header says
that it holds personal data (words in personal.toml), is taken out as well: a seller's export is
kept for years, and what is not needed must not be in it.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

from addons.file_channel.mapping import Mapping

WORDS = Path(__file__).parent / "personal.toml"
MASK = "***"
"""What stands in a kept row in place of such a cell."""

TAXED = frozenset({"buyer_number", "region", "postcode"})
"""What the tax needs of a buyer that is no business of whoever reads a kept row."""

Personal = tuple[tuple[str, str], ...]


class PersonalCells:
    """Takes the personal cells out of the rows of a file."""

    def __init__(self, mapping: Mapping, header: list[str]) -> None:
        personal = mapping.personal
        used = set(mapping.columns.named().values())
        self._fields = [
            (field, [header.index(name) for name in names])
            for field, names in personal.address.items()
        ]
        named = {place for _, places in self._fields for place in places}
        self._others = [
            (f"column:{name}", place)
            for place, name in enumerate(header)
            if place not in named
            and name not in used
            and name not in mapping.tax.columns.values()
            and name not in personal.keep
            and (name in personal.more or looks_personal(name))
        ]
        kept = {header.index(name) for name in used}
        others = {place for _, place in self._others}
        # These are kept beside the order, as far as its tax needs them.
        tax = {header.index(name) for role, name in mapping.tax.columns.items() if role in TAXED}
        self._hidden = sorted((named | others | tax) - kept)
        self._nothing = not self._hidden and not self._fields

    def take(self, cells: list[str]) -> Personal | None:
        """Return what a row tells of the buyer, and mask it there."""
        if self._nothing:
            return None
        told = [
            (field, text)
            for field, places in self._fields
            if (text := "\n".join(filter(None, (cells[place].strip() for place in places))))
        ]
        told += [(name, text) for name, place in self._others if (text := cells[place].strip())]
        for place in self._hidden:
            if cells[place]:
                cells[place] = MASK
        return tuple(told) or None


def looks_personal(header: str) -> bool:
    """Say whether a column's name says that it holds personal data."""
    words = re.sub(r"[\W_]+", " ", header.casefold()).strip()
    return any(pattern.search(words) for pattern in _patterns())


@cache
def _patterns() -> list[re.Pattern[str]]:
    data = tomllib.loads(WORDS.read_text(encoding="utf-8"))
    return [
        *(re.compile(rf"(?<!\w){word}(?!\w)") for word in data["words"]),
        *(re.compile(re.escape(sign)) for sign in data["signs"]),
    ]
