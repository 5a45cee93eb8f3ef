"""Reading reports that say for which goods a cost was, by a mapping of their columns."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from core.errors import InputError
from core.money import parse_decimal
from core.money import to_micro

COLUMNS = ("sku", "weight", "date", "order", "shop")
FORMAT = {"date": "%Y-%m-%d", "decimal": ".", "encoding": "utf-8-sig", "delimiter": ","}


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column of a report holds what, and how its cells are written.

    Without a weight each row weighs one, as a redemption of a coupon does.
    """

    columns: Mapping[str, str] = field(default_factory=lambda: {name: name for name in COLUMNS})
    format: Mapping[str, str] = field(default_factory=lambda: dict(FORMAT))
    strict: bool = False


@dataclass(frozen=True, slots=True)
class ReportRow:
    """What one row of a report weighs for a code, an order, or both; `shop` may be empty."""

    number: int
    day: date | None
    code: str
    order_ref: str
    shop: str
    weight: int


def read_layout(path: Path) -> Layout:
    """Read a mapping file: `[columns]` names the report's columns, `[format]` how it is written.

    Raises: InputError for what no layout has.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"The mapping cannot be read: {error}.", where=path.name) from None
    columns, form = raw.pop("columns", {}), raw.pop("format", {})
    unknown = [*raw, *(set(columns) - set(COLUMNS)), *(set(form) - set(FORMAT))]
    if unknown:
        raise InputError(
            f"{unknown[0]!r} is no part of a mapping.",
            where=path.name,
            hint=f"[columns] knows {', '.join(COLUMNS)}; [format] {', '.join(FORMAT)}.",
        )
    if "sku" not in columns and "order" not in columns:
        raise InputError("name the column of the SKU or of the order.", where=path.name)
    return Layout(columns, FORMAT | form, strict=True)


def read_report(path: Path, layout: Layout) -> Iterator[ReportRow]:
    """Yield the rows of a report in the order of the file, in bounded memory.

    Raises: InputError naming the line that cannot be understood.
    """
    form = layout.format
    try:
        with path.open(encoding=form["encoding"], newline="") as stream:
            rows = csv.DictReader(stream, delimiter=form["delimiter"], strict=True)
            header = [name.strip() for name in rows.fieldnames or ()]
            rows.fieldnames = header
            columns = _columns(header, layout, path)
            for cells in rows:
                if None in cells or None in cells.values():
                    raise InputError("It has more or fewer cells than the header.",
                                     where=f"line {rows.line_num}")  # fmt: skip
                said = {name: cells[column].strip() for name, column in columns.items()}
                if any(said.values()):
                    yield _row(rows.line_num, said, form)
    except (UnicodeDecodeError, csv.Error, LookupError) as error:
        raise InputError(f"The file cannot be read: {error}.", where=path.name) from None
    except OSError as error:
        raise InputError(f"The file cannot be opened: {error.strerror}.", where=path.name) from None


def _columns(header: list[str], layout: Layout, path: Path) -> dict[str, str]:
    missing = [column for column in layout.columns.values() if column not in header]
    found = {name: column for name, column in layout.columns.items() if column in header}
    if (layout.strict and missing) or not {"sku", "order"} & found.keys():
        raise InputError(
            f"The column {missing[0]} is missing; found are: {', '.join(header)}.",
            where=path.name,
            hint="Say by --mapping which column holds what.",
        )
    return found


def _row(number: int, said: Mapping[str, str], form: Mapping[str, str]) -> ReportRow:
    where = f"line {number}"
    code, order = said.get("sku", ""), said.get("order", "")
    if not code and not order:
        raise InputError("It names neither a SKU nor an order.", where=where)
    weight = (
        to_micro(_decimal(said["weight"], form["decimal"], where)) if "weight" in said else 10**6
    )
    if weight < 0:
        raise InputError(f"{said['weight']!r} is less than nothing.", where=where)
    return ReportRow(number, _day(said, form, where), code, order, said.get("shop", ""), weight)


def _decimal(text: str, decimal: str, where: str) -> Decimal:
    grouping = "," if decimal == "." else "."
    return parse_decimal(text.replace(grouping, "").replace(decimal, "."), where=where)


def _day(said: Mapping[str, str], form: Mapping[str, str], where: str) -> date | None:
    text = said.get("date", "")
    if not text:
        return None
    try:
        return datetime.strptime(text, form["date"]).date()  # noqa: DTZ007 - a day
    except ValueError:
        raise InputError(f"{text!r} is no date as {form['date']}.", where=where) from None
