"""Reading a bank's CSV by the layout that was saved for it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from datetime import datetime
from hashlib import blake2b
from pathlib import Path

from core.errors import InputError
from core.money import parse_decimal
from core.money import to_minor

COLUMNS = ("date", "amount", "credit", "debit", "text", "reference")
DEFAULTS = {"date_format": "%Y-%m-%d", "decimal": ".", "encoding": "utf-8-sig", "delimiter": ","}
DECIMALS = (".", ",")


@dataclass(frozen=True, slots=True)
class BankFact:
    """A line of a bank statement; positive is money that came in."""

    line_number: int
    booked_on: date
    amount: int
    text: str
    payload: str

    @property
    def fingerprint(self) -> int:
        """Return a 63-bit hash of what the line says."""
        said = f"{self.booked_on}\x1f{self.amount}\x1f{self.text}"
        return int.from_bytes(blake2b(said.encode(), digest_size=8).digest(), "big") >> 1


def check_layout(layout: Mapping[str, str]) -> dict[str, str]:
    """Return a layout with its defaults.

    Raises: InputError for one by which no file could be read.
    """
    known = {*COLUMNS, *DEFAULTS}
    if unknown := sorted(set(layout) - known):
        raise InputError(f"{unknown[0]!r} is no part of a layout.", where="layout")
    full = DEFAULTS | {name: text for name, text in layout.items() if text}
    if "date" not in full:
        raise InputError("Which column holds the date?", where="date")
    if ("amount" in full) == ("credit" in full or "debit" in full):
        raise InputError(
            "Name either the column of the amount, or those of credit and debit.", where="amount"
        )
    if full["decimal"] not in DECIMALS:
        raise InputError(f"{full['decimal']!r} marks no decimals.", where="decimal")
    try:
        "".encode(full["encoding"])
    except LookupError:
        raise InputError(f"{full['encoding']!r} is no encoding.", where="encoding") from None
    if len(full["delimiter"]) != 1:
        raise InputError("A delimiter is one character.", where="delimiter")
    return full


def read_lines(path: Path, layout: Mapping[str, str], currency: str) -> Iterator[BankFact]:
    """Yield the lines of a bank statement in the order of the file, in bounded memory.

    Raises: InputError naming the line that cannot be understood.
    """
    try:
        with path.open(encoding=layout["encoding"], newline="") as stream:
            rows = csv.reader(stream, delimiter=layout["delimiter"], strict=True)
            header = [name.strip() for name in next(rows, [])]
            _require(header, layout, path)
            for cells in rows:
                if any(cell.strip() for cell in cells):
                    yield _fact(rows.line_num, header, cells, layout, currency)
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"The file cannot be read: {error}.", where=path.name) from None
    except OSError as error:
        raise InputError(f"The file cannot be opened: {error.strerror}.", where=path.name) from None


def _require(header: list[str], layout: Mapping[str, str], path: Path) -> None:
    missing = [layout[name] for name in COLUMNS if name in layout and layout[name] not in header]
    if missing:
        raise InputError(
            f"The column {missing[0]} is missing; found are: {', '.join(header)}.",
            where=path.name,
            hint="Correct the layout of the bank, or export the file with this column.",
        )


def _fact(
    number: int, header: list[str], cells: list[str], layout: Mapping[str, str], currency: str
) -> BankFact:
    where = f"line {number}"
    if len(cells) != len(header):
        raise InputError(f"It has {len(cells)} cells, the header {len(header)}.", where=where)
    row = dict(zip(header, cells, strict=True))
    said = {name: row[layout[name]].strip() for name in COLUMNS if name in layout}
    try:
        day = datetime.strptime(said["date"], layout["date_format"]).date()  # noqa: DTZ007 - a day
    except ValueError:
        raise InputError(
            f"{said['date']!r} is no date as {layout['date_format']}.", where=where
        ) from None
    text = " ".join(filter(None, (said.get("text", ""), said.get("reference", ""))))
    amount = _amount(said, layout["decimal"], currency, where)
    return BankFact(number, day, amount, text, layout["delimiter"].join(cells))


def _amount(said: Mapping[str, str], decimal: str, currency: str, where: str) -> int:
    if "amount" in said:
        return _minor(said["amount"], decimal, currency, where)
    credit, debit = (
        abs(_minor(said[name], decimal, currency, where)) if said.get(name) else 0
        for name in ("credit", "debit")
    )
    return credit - debit


def _minor(text: str, decimal: str, currency: str, where: str) -> int:
    grouping = "," if decimal == "." else "."
    plain = "".join(text.split()).replace(grouping, "").replace(decimal, ".")
    try:
        return to_minor(parse_decimal(plain), currency)
    except InputError as error:
        raise InputError(f"{text!r} is no amount: {error.message}", where=where) from None
