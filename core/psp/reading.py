"""Reading a provider's payments from CSV, whole before any of them is booked."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from core.errors import InputError
from core.money import parse_decimal
from core.money import to_minor
from core.psp.recording import PaymentDraft

REQUIRED = ("reference", "kind", "date", "currency", "amount")
OPTIONAL = ("order", "fee", "import_charges")


def read_payments(path: Path) -> list[PaymentDraft]:
    """Return the payments of a CSV file.

    Raises: InputError naming the line that cannot be understood.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream, strict=True)
            if missing := sorted(set(REQUIRED) - set(rows.fieldnames or ())):
                raise InputError(
                    f"The column {missing[0]} is missing.",
                    where=path.name,
                    hint=f"It needs {', '.join(REQUIRED)}; it may have {', '.join(OPTIONAL)}.",
                )
            return [_payment(row, f"line {rows.line_num}") for row in rows if any(row.values())]
    except OSError as error:
        raise InputError(f"The file cannot be read: {error.strerror}.", where=str(path)) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"The file cannot be read: {error}.", where=path.name) from None


def _payment(row: Mapping[str, str | None], where: str) -> PaymentDraft:
    said = {name: (row.get(name) or "").strip() for name in (*REQUIRED, *OPTIONAL)}
    try:
        day = date.fromisoformat(said["date"])
    except ValueError:
        raise InputError(f"{said['date']!r} is no day, such as 2026-09-30.", where=where) from None
    currency = said["currency"].upper()
    amounts = {}
    for name in ("amount", "fee", "import_charges"):
        try:
            amounts[name] = to_minor(parse_decimal(said[name] or "0"), currency)
        except InputError as error:
            raise InputError(f"{name}: {error.message}", where=where) from None
    return PaymentDraft(
        said["reference"], said["kind"], day, currency, order=said["order"], where=where, **amounts
    )
