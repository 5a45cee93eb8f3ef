"""From the text of a report to its rows: pure functions, no guesses."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from collections.abc import Mapping
from datetime import date
from datetime import datetime

from addons.amazon.kinds import Kind
from core.api import CostWeight
from core.api import DocumentRow
from core.api import InputError
from core.api import MappingError
from core.api import parse_decimal
from core.api import to_micro

# Amazon writes UTF-8 by now; older and Japanese reports have other encodings.
ENCODINGS = ("utf-8-sig", "cp1252", "shift_jis")
MONTHS = ("%Y-%m", "%b-%Y", "%B %Y", "%m/%Y")


def rows_of(content: bytes, kind: Kind) -> list[DocumentRow]:
    """Return the rows of a report, without the columns that tell of persons.

    Raises: MappingError when it has not the columns by which its rows are told apart.
    """
    found = []
    for cells in _cells(content):
        missing = [name for name in kind.about if name not in cells]
        if missing:
            raise MappingError(missing[0], sorted(cells), hint=f"It is no {kind.report}.")
        kept = {
            name: cell
            for name, cell in cells.items()
            if not any(name.startswith(hidden) for hidden in kind.hidden)
        }
        found.append(DocumentRow("/".join(cells[name] for name in kind.about), kept))
    return found


def storage_weights(rows: list[DocumentRow], skus: Mapping[str, str]) -> list[CostWeight]:
    """Return what each SKU's storage cost by month; `skus` says of which SKU an FNSKU is.

    Raises: MappingError.
    """
    sums: Counter[tuple[date, str]] = Counter()
    for row in rows:
        code = skus.get(row.cells["fnsku"], row.cells["fnsku"])
        sums[month_of(row.cells["monthofcharge"]), code] += amount_of(
            row.cells, "estimatedmonthlystoragefee"
        )
    return [CostWeight(month, code, weight) for (month, code), weight in sorted(sums.items())]


def month_of(text: str) -> date:
    """Return the first day of a month that a report names.

    Raises: MappingError.
    """
    for form in MONTHS:
        try:
            return datetime.strptime(text.strip(), form).date()  # noqa: DTZ007 - a month
        except ValueError:
            continue
    raise MappingError("month_of_charge", text)


def amount_of(cells: Mapping[str, str], name: str) -> int:
    """Return a cell as millionths; an empty one is nothing.

    Raises: MappingError.
    """
    text = cells.get(name, "").strip()
    if text in ("", "--"):
        return 0
    try:
        return max(0, to_micro(parse_decimal(text.replace(",", "."))))
    except InputError as error:
        raise MappingError(name, text) from error


def _cells(content: bytes) -> Iterator[dict[str, str]]:
    text = _text(content)
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter="\t" if "\t" in first else ",")
    names = [_plain(name) for name in next(reader, [])]
    for cells in reader:
        if any(cells):
            if len(cells) > len(names):
                raise MappingError("columns", len(cells), hint="A row has more than the header.")
            yield dict(zip(names, [*cells, *[""] * (len(names) - len(cells))], strict=True))


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _text(content: bytes) -> str:
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise MappingError("encoding", "none of those that Amazon uses")
