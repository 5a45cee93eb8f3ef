"""Settlements in a CSV file: each id is one, and ties to the platform's own total."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from datetime import date
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from addons.statement_files.mapping import StatementMapping
from core.api import FeeCode
from core.api import InputError
from core.api import StatementFacts
from core.api import StatementLine
from core.api import minor_digits
from core.api import parse_decimal
from core.api import to_minor


class Row(NamedTuple):
    """A row of a file by its columns, as it was received."""

    number: int
    cells: dict[str, str]
    text: str


@dataclass(slots=True)
class Head:
    """What the rows of a settlement say of it."""

    currency: str
    first: datetime
    last: datetime
    total: int
    deposited_on: date | None = None


class MappedStatement:
    """One settlement of a file; it is read again from its start each time `lines` is called."""

    def __init__(self, reader: Reader, ref: str, head: Head) -> None:
        self._reader, self._ref, self._head = reader, ref, head
        self.facts = StatementFacts(
            ref,
            head.currency,
            head.first,
            head.last,
            head.total,
            head.deposited_on,
            f"{reader.mapping.platform} file",
            reader.mapping.platform,
        )

    def lines(self) -> Iterator[StatementLine]:
        """Yield every amount in the order of the file."""
        for row in self._reader.rows():
            if self._reader.ref(row) == self._ref and not self._reader.is_payout(row):
                yield from self._reader.lines(row, self._head.currency)


def open_statements(path: Path, mapping: StatementMapping) -> list[MappedStatement]:
    """Return the settlements of a file in the order in which they begin there.

    Raises: InputError naming the line that cannot be understood.
    """
    reader = Reader(path, mapping)
    heads: dict[str, Head] = {}
    for row in reader.rows():
        reader.learn(heads, row)
    return [MappedStatement(reader, ref, head) for ref, head in heads.items()]


class Reader:
    """A file with its mapping."""

    def __init__(self, path: Path, mapping: StatementMapping) -> None:
        self.path, self.mapping = path, mapping
        self._zone = ZoneInfo(mapping.file["timezone"])

    def rows(self) -> Iterator[Row]:
        """Yield the rows, in bounded memory."""
        file = self.mapping.file
        try:
            with self.path.open(encoding=file["encoding"], newline="") as stream:
                lines = csv.reader(stream, delimiter=file["delimiter"], strict=True)
                header = [name.strip() for name in next(lines, [])]
                self._require(header)
                for cells in lines:
                    if not any(cell.strip() for cell in cells):
                        continue
                    if len(cells) != len(header):
                        raise InputError(
                            f"It has {len(cells)} cells, the header {len(header)}.",
                            where=f"line {lines.line_num}",
                        )
                    said = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
                    # Columns that nobody mapped may tell of buyers: they are not kept.
                    kept = [said[name] for name in dict.fromkeys(self.mapping.named)]
                    yield Row(lines.line_num, said, file["delimiter"].join(kept))
        except (UnicodeDecodeError, csv.Error) as error:
            raise InputError(f"It cannot be read: {error}.", where=self.path.name) from None
        except OSError as error:
            raise InputError(
                f"It cannot be opened: {error.strerror}.", where=self.path.name
            ) from None

    def _require(self, header: list[str]) -> None:
        if missing := [name for name in self.mapping.named if name not in header]:
            raise InputError(
                f"The column {missing[0]} is missing; found are: {', '.join(header)}.",
                where=self.path.name,
                hint="Correct the mapping, or export the file with this column.",
            )

    def ref(self, row: Row) -> str:
        """Return the id of the settlement that a row belongs to.

        Raises: InputError for a row without one.
        """
        found = row.cells[self.mapping.statement["id"]]
        if not found:
            raise InputError("The row names no settlement.", where=f"line {row.number}")
        return found

    def is_payout(self, row: Row) -> bool:
        """Say whether a row is the payout itself, rather than what is paid."""
        kind = self.mapping.statement.get("payout_kind")
        return kind is not None and row.cells[self.mapping.columns["kind"]] == kind

    def learn(self, heads: dict[str, Head], row: Row) -> None:
        """Take from a row what it says of its settlement."""
        ref, at = self.ref(row), self._moment(row, self.mapping.columns["date"])
        currency = self._currency(row)
        head = heads.get(ref)
        if head is None:
            head = heads[ref] = Head(currency, at, at, self._total(row, currency))
        elif head.currency != currency or (
            "total" in self.mapping.statement and self._total(row, currency) != head.total
        ):
            raise InputError(
                f"Settlement {ref} has another currency or total than above.",
                where=f"line {row.number}",
            )
        head.first, head.last = min(head.first, at), max(head.last, at)
        if self.is_payout(row):
            head.total -= sum(line.amount for line in self.lines(row, currency))
            head.deposited_on = at.astimezone(self._zone).date()
        if (column := self.mapping.statement.get("deposited")) and row.cells[column]:
            head.deposited_on = self._moment(row, column).astimezone(self._zone).date()

    def _currency(self, row: Row) -> str:
        code = self.mapping.statement.get("currency_code")
        currency = code or row.cells[self.mapping.statement["currency"]]
        minor_digits(currency)
        return currency

    def _total(self, row: Row, currency: str) -> int:
        column = self.mapping.statement.get("total")
        return self._minor(row, column, currency) if column else 0

    def lines(self, row: Row, currency: str) -> Iterator[StatementLine]:
        """Yield the amounts of a row that are not zero."""
        said = {key: row.cells[name] for key, name in self.mapping.columns.items()}
        for each in self.mapping.amounts:
            if not row.cells[each.column]:
                continue
            amount = self._minor(row, each.column, currency)
            if amount:
                name = said.get("name") or each.name
                yield StatementLine(
                    line_number=row.number,
                    payload=row.text,
                    code=FeeCode(said.get("kind", ""), said.get("group", ""), name),
                    amount=-amount if each.negate else amount,
                    posted_at=self._moment(row, self.mapping.columns["date"]),
                    order_ref=said.get("order", ""),
                    item_ref=said.get("item", ""),
                    sku=said.get("sku", ""),
                    shipment_ref=said.get("shipment", ""),
                    marketplace=said.get("marketplace", ""),
                )

    def _minor(self, row: Row, column: str, currency: str) -> int:
        text, decimal = row.cells[column], self.mapping.file["decimal"]
        grouping = "," if decimal == "." else "."
        plain = "".join(text.split()).replace(grouping, "").replace(decimal, ".")
        try:
            return to_minor(parse_decimal(plain), currency)
        except InputError as error:
            raise InputError(
                f"{column} is no amount: {error.message}", where=f"line {row.number}"
            ) from None

    def _moment(self, row: Row, column: str) -> datetime:
        text, form = row.cells[column], self.mapping.file["date_format"]
        try:
            found = datetime.strptime(text, form)  # noqa: DTZ007 - the zone is given next
        except ValueError:
            raise InputError(
                f"{column}: {text!r} is no date as {form}.", where=f"line {row.number}"
            ) from None
        if found.tzinfo is None:
            # A day alone is told by its noon, so that no zone makes another day of it.
            noon = 12 if "%H" not in form and "%I" not in form else found.hour
            found = found.replace(hour=noon, tzinfo=self._zone)
        return found.astimezone(UTC)
