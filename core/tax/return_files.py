"""A filled return as a table for people, and as a file through the reports' writers."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from core.errors import InputError
from core.ledger.report_files import ReportFile
from core.ledger.report_files import write_csv
from core.ledger.report_files import write_xlsx
from core.money import minor_digits
from core.money import to_text
from core.tax.forms import Box
from core.tax.forms import Period
from core.tax.forms import ReturnForm

HEADER = ("Return", "Period", "Box", "Row", "Corrects", "Amount", "Currency", "Title")

WRITERS = {
    "csv": (write_csv, "text/csv; charset=utf-8"),
    "xlsx": (
        write_xlsx,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
}
"""What writes a return to a file, and what such a file is, by its ending."""


def return_rows(form: ReturnForm, period: Period, filled: Sequence[Box]) -> list[tuple[str, ...]]:
    """Return a return as rows of text under `HEADER`; a box to fill by hand is empty."""
    return [
        (
            form.code,
            period.label,
            box.code,
            " ".join(box.key),
            box.corrects,
            "" if box.amount is None else to_text(box.amount, form.currency),
            form.currency,
            box.title,
        )
        for box in filled
    ]


def return_file(form: ReturnForm, rows: Sequence[tuple[str, ...]]) -> ReportFile:
    """Return the rows of a return ready to be written."""
    table = [(*row[:5], Decimal(row[5]) if row[5] else "", *row[6:]) for row in rows]
    return ReportFile(form.title, HEADER, table, minor_digits(form.currency))


def write_return(form: ReturnForm, rows: Sequence[tuple[str, ...]], target: Path) -> None:
    """Write a return to a file, as its name ends: .csv or .xlsx.

    Raises: InputError for any other ending.
    """
    kind = target.suffix.removeprefix(".")
    if kind not in WRITERS:
        raise InputError(f"{target} is neither .csv nor .xlsx.", hint="Choose one of the two.")
    with target.open("wb") as out:
        WRITERS[kind][0](return_file(form, rows), out)
