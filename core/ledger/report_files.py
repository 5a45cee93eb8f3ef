"""Tables of reports as files: CSV and XLSX, through the hook `export_row`, without formulas.

A spreadsheet would run text that looks like a formula (a SKU or a buyer's name is chosen by
others). Source: OWASP, CSV Injection.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from typing import BinaryIO

from sqlalchemy.orm import Session

from core.errors import InputError
from core.kernel import hooks
from core.ledger.report import ColumnKind
from core.ledger.report import ReportRow
from core.ledger.report import ReportTable
from core.ledger.report import Value
from core.money import minor_digits

# The wide forms too: a spreadsheet set to Chinese or Japanese reads them as the narrow ones.
FORMULA_SIGNS = tuple("=+-@\t\r\n＝＋－＠")

EXCEL_ROWS = 1_048_576
EXCEL_CHARS = 32_767

Translate = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A table ready to be written: money as decimals of the major unit, the totals last."""

    title: str
    header: tuple[str, ...]
    rows: Sequence[tuple[object, ...]]
    digits: int


def make_file(
    session: Session,
    code: str,
    title: str,
    table: ReportTable,
    translate: Translate = str,
) -> ReportFile:
    """Prepare a report's table for writing; addons may change its rows or add columns."""
    digits = minor_digits(table.currency)
    named: list[tuple[ReportRow, str | None]] = [(row, None) for row in table.rows]
    if table.has_rest():
        named.append((table.rest, translate("Not allocated")))
    cells: list[Mapping[str, object]]
    cells = [_cells(table, row, name, digits) for row, name in named]
    if hooks.wanted(session, "transform", "export_row"):
        cells = [_changed(session, code, row) for row in cells]
    cells.append(_cells(table, table.totals, translate("Total"), digits))
    known = {column.key: translate(column.title) for column in table.columns}
    added = dict.fromkeys(key for row in cells for key in row if key not in known)
    keys = [*known, *added]
    return ReportFile(
        translate(title),
        (*known.values(), *added),
        [tuple(row.get(key) for key in keys) for row in cells],
        digits,
    )


def write_csv(file: ReportFile, stream: BinaryIO) -> None:
    """Write a CSV file in UTF-8 with the mark by which spreadsheets know it (RFC 4180)."""
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([_safe_text(title) for title in file.header])
    for row in file.rows:
        writer.writerow([csv_cell(value) for value in row])
    text.detach()


def write_xlsx(file: ReportFile, stream: BinaryIO) -> None:
    """Write a workbook; text is written as text, never as a formula or a link.

    Raises: InputError for more rows than a sheet can hold.
    """
    import xlsxwriter

    if len(file.rows) >= EXCEL_ROWS:
        raise InputError(
            f"{len(file.rows)} rows do not fit into a sheet.", hint="Download the report as CSV."
        )
    options = {"in_memory": False, "constant_memory": True, "strings_to_urls": False}
    book = xlsxwriter.Workbook(stream, options)
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True})
    money = book.add_format({"num_format": "#,##0" + ("." + "0" * file.digits) * (file.digits > 0)})
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, len(file.header) - 1, 14)
    for place, title in enumerate(file.header):
        sheet.write_string(0, place, title, bold)
    for number, row in enumerate(file.rows, 1):
        for place, value in enumerate(row):
            _write_cell(sheet, number, place, value, money)
    book.close()


def _cells(table: ReportTable, row: ReportRow, name: str | None, digits: int) -> dict[str, object]:
    cells: dict[str, object] = {
        column.key: _decimal(value, column.kind, digits)
        for column, value in zip(table.columns, row.values, strict=True)
    }
    if name is not None:
        cells[table.columns[0].key] = name
    return cells


def _decimal(value: Value, kind: ColumnKind, digits: int) -> Value | Decimal:
    return Decimal(value).scaleb(-digits) if kind == "money" else value


def _changed(session: Session, code: str, row: Mapping[str, object]) -> Mapping[str, object]:
    # Read-only: what an addon did to the row before it failed must not stay.
    changed = hooks.transform(session, "export_row", MappingProxyType(row), report=code)
    return changed if isinstance(changed, Mapping) else row


def _is_number(value: object) -> bool:
    if isinstance(value, Decimal):
        return value.is_finite()
    return isinstance(value, int) and not isinstance(value, bool)


def csv_cell(value: object) -> str:
    """Return a value as a cell of CSV, which no spreadsheet runs as a formula."""
    if value is None:
        return ""
    return f"{value:f}" if isinstance(value, Decimal) and _is_number(value) else _csv_text(value)


def _csv_text(value: object) -> str:
    return str(value) if _is_number(value) else _safe_text(str(value))


def _safe_text(text: str) -> str:
    """Return text that a spreadsheet shows as it is: an apostrophe says that no formula follows."""
    suspect = text.startswith(FORMULA_SIGNS) or text.lstrip().startswith(FORMULA_SIGNS)
    return f"'{text}" if suspect else text


def _write_cell(sheet: Any, number: int, place: int, value: object, money: object) -> None:
    if value is None:
        return
    if _is_number(value):
        sheet.write_number(number, place, value, money if isinstance(value, Decimal) else None)
    else:
        sheet.write_string(number, place, str(value)[:EXCEL_CHARS])
