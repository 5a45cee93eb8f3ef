"""What the columns of a file suggest: roles by their names, how dates and numbers are written."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from collections.abc import Sequence
from contextlib import closing
from contextlib import suppress
from datetime import datetime
from functools import cache
from itertools import islice
from pathlib import Path

from addons.file_channel.mapping import Mapping
from addons.file_channel.mapping import build_mapping
from addons.file_channel.reading import open_table
from core.api import ColumnSeen
from core.api import FileSeen

ROWS = 200
SAMPLES = 3
LONGEST = 60
"""Characters of a sample."""

_DAYS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y/%m/%d")
_TIMES = ("", " %H:%M", " %H:%M:%S")
DATE_FORMATS = (
    *(day + time for day in _DAYS for time in _TIMES),
    *("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z", "%d %b %Y", "%Y%m%d"),
)


def look_at(path: Path) -> FileSeen:
    """Return the columns of a file and what they suggest.

    Raises: InputError if the file cannot be read.
    """
    table, header = open_table(path, _any_mapping())
    with closing(table.rows(len(header))) as rows:
        read = [cells for _number, cells in islice(rows, ROWS)]
    values = {name: [row[at].strip() for row in read] for at, name in enumerate(header) if name}
    words = _header_words()
    roles = _columns_for(words["roles"], values)
    left = [name for name in values if name not in roles.values()]
    return FileSeen(
        columns=tuple(ColumnSeen(name, _samples(cells)) for name, cells in values.items()),
        roles=roles,
        address=_columns_for(words["address"], left),
        date_formats=_readable(values.get(roles.get("date", ""), [])),
        decimal=_decimal(values.get(roles.get("price", ""), [])),
    )


@cache
def _any_mapping() -> Mapping:
    """Return a mapping that asks nothing of the columns."""
    needed = {role: role for role in ("document", "code", "quantity", "date", "price", "country")}
    return build_mapping(
        "columns",
        {
            "columns": needed,
            "dates": {"formats": [DATE_FORMATS[0]]},
            "prices": {"tax": "excluded", "currency": "EUR"},
            "shop": {"marketplace": "file", "timezone": "UTC"},
            "rule": [{"kind": "sale"}],
        },
    )


@cache
def _header_words() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads((Path(__file__).parent / "header_words.toml").read_text("utf-8"))


def _columns_for(words: dict[str, list[str]], names: Iterable[str]) -> dict[str, str]:
    """Return for each role the column that is named by its weightiest word; each serves once."""
    known = {_bare(name): name for name in names}
    found: dict[str, str] = {}
    for role, told in words.items():
        bare = next((each for each in map(_bare, told) if each in known), None)
        if bare is not None:
            found[role] = known.pop(bare)
    return found


def _bare(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _samples(cells: Sequence[str]) -> tuple[str, ...]:
    told = dict.fromkeys(cell[:LONGEST] for cell in cells if cell)
    return tuple(islice(told, SAMPLES))


def _readable(cells: Sequence[str]) -> tuple[str, ...]:
    told = [cell for cell in cells if cell]
    return tuple(each for each in DATE_FORMATS if told and all(_reads(each, c) for c in told))


def _reads(form: str, cell: str) -> bool:
    with suppress(ValueError):
        return bool(datetime.strptime(cell, form))  # noqa: DTZ007 - whether it can be read
    return False


def _decimal(cells: Sequence[str]) -> str:
    """Return the sign that stands last among the signs of the prices most often."""
    last = [max(cell.rfind("."), cell.rfind(",")) for cell in cells]
    signs = [cell[at] for cell, at in zip(cells, last, strict=True) if at >= 0]
    return "," if signs.count(",") > signs.count(".") else "."
