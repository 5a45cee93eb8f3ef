"""CSV files of SKUs: a line each, any of the columns; a file with a fault is refused whole."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from collections.abc import Sequence

from core.catalog.describing import Described
from core.catalog.keeping import ProductDraft
from core.catalog.measuring import NAMES
from core.catalog.measuring import Measures
from core.errors import InputError

DESCRIBED = ("brand", "owner")
COLUMNS = ("sku", "title", *DESCRIBED, *NAMES)
MOST_ROWS = 100_000
CLEAR = "-"
"""It takes a brand or an owner away; an empty cell leaves what it stands for as it is."""


def products_in(content: bytes, name: str) -> dict[str, ProductDraft]:
    """Read what a CSV file says of SKUs, by their codes.

    Raises: InputError naming the line that cannot be read, and why.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            "it is not UTF-8.", where=name, hint="Save it as CSV UTF-8 in the spreadsheet."
        ) from error
    reader = csv.DictReader(io.StringIO(text, newline=""))
    _require_columns(reader.fieldnames or (), name)
    found: dict[str, ProductDraft] = {}
    try:
        for row in reader:
            where = f"{name}, line {reader.line_num}"
            code, draft = _read(row, where)
            if code in found:
                raise InputError(f"{code} stands twice.", where=where)
            if len(found) == MOST_ROWS:
                raise InputError(f"more than {MOST_ROWS} SKUs.", where=name, hint="Split it.")
            found[code] = draft
    except csv.Error as error:
        raise InputError(str(error), where=f"{name}, line {reader.line_num}") from error
    return found


def _require_columns(header: Sequence[str], name: str) -> None:
    hint = f"Columns are {', '.join(COLUMNS)}; sku and one more are needed."
    where = f"{name}, line 1"
    if "sku" not in header or len(header) < 2:
        raise InputError("the column sku is missing, or alone.", where=where, hint=hint)
    if unknown := [each for each in header if each not in COLUMNS]:
        raise InputError(f"the column {unknown[0]!r} means nothing here.", where=where, hint=hint)


def _read(row: Mapping[str | None, str | None], where: str) -> tuple[str, ProductDraft]:
    if None in row:
        raise InputError("there are more cells than columns.", where=where)
    cells = {str(column): (cell or "").strip() for column, cell in row.items()}
    code = cells["sku"]
    if not code:
        raise InputError("the SKU is missing.", where=where)
    sides = [cells.get(column, "") for column in NAMES]
    if wrong := [side for side in sides if side and not side.isdecimal()]:
        raise InputError(
            f"{wrong[0]!r} is no whole number.", where=where, hint="Write grams and millimetres."
        )
    told = [cells.get(column) or None for column in DESCRIBED]
    return code, ProductDraft(
        cells.get("title") or None,
        Measures(*(int(side) if side else None for side in sides)),
        Described(*("" if text == CLEAR else text for text in told)),
    )
