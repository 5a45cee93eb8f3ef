"""Reading bills from CSV, whole before any of them is booked."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from core.errors import InputError
from core.expenses.entering import PAYABLE
from core.expenses.entering import BillDraft
from core.money import parse_decimal
from core.money import to_minor

REQUIRED = ("reference", "type", "date", "currency", "amount")
OPTIONAL = ("shop", "country", "order", "sku", "warehouse", "paid_from", "note")


def read_bills(path: Path) -> list[BillDraft]:
    """Return the bills of a CSV file.

    Raises: InputError naming the line that cannot be understood.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream, strict=True)
            _require(rows.fieldnames or (), path)
            return [_bill(row, f"line {rows.line_num}") for row in rows if any(row.values())]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"The file cannot be read: {error}.", where=path.name) from None


def make_bill(told: Mapping[str, str | None], where: str) -> BillDraft:
    """Return a bill from texts, as a file or a form tells them.

    Raises: InputError for a day or an amount that cannot be.
    """
    said = {name: (told.get(name) or "").strip() for name in (*REQUIRED, *OPTIONAL)}
    try:
        day = date.fromisoformat(said["date"])
    except ValueError:
        raise InputError(f"{said['date']!r} is no day, such as 2026-09-30.", where=where) from None
    currency = said["currency"].upper()
    try:
        amount = to_minor(parse_decimal(said["amount"]), currency)
    except InputError as error:
        raise InputError(error.message, where=where) from None
    return BillDraft(
        said["reference"],
        said["type"],
        day,
        currency,
        amount,
        shop=said["shop"],
        country=said["country"].upper(),
        order=said["order"],
        sku=said["sku"],
        warehouse=said["warehouse"],
        paid_from=said["paid_from"] or PAYABLE,
        note=said["note"],
        where=where,
    )


def _require(header: object, path: Path) -> None:
    names = [str(name) for name in header] if isinstance(header, list | tuple) else []
    known = {*REQUIRED, *OPTIONAL}
    missing = [name for name in REQUIRED if name not in names]
    unknown = [name for name in names if name not in known]
    if missing or unknown:
        said = f"column {missing[0]} is missing" if missing else f"column {unknown[0]} is unknown"
        raise InputError(
            f"The {said}.",
            where=f"{path.name}, line 1",
            hint=f"Columns are {', '.join(REQUIRED)}; and {', '.join(OPTIONAL)} if wanted.",
        )


def _bill(row: Mapping[str | None, str | None], where: str) -> BillDraft:
    if None in row or None in row.values():
        raise InputError("It has more or fewer cells than the header.", where=where)
    return make_bill({str(name): value for name, value in row.items()}, where)
