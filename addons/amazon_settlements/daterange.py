"""A date-range report ("Unified transaction"): the money of settlements by time, as CSV.

It tells of the same money as settlement reports, by columns instead of codes, and perhaps only of a
part of each settlement. What it says is therefore compared before it is booked.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from addons.amazon_settlements.moments import named_moment
from addons.amazon_settlements.report import ORDER_REF
from addons.amazon_settlements.report import shape
from addons.amazon_settlements.text import encoding_of
from addons.amazon_settlements.values import date_order
from addons.amazon_settlements.values import decimal_mark
from addons.amazon_settlements.values import minor_amount
from addons.amazon_settlements.words import plain
from addons.amazon_settlements.words import words
from core.api import Extract
from core.api import FeeCode
from core.api import HeldMoney
from core.api import InputError
from core.api import StatementFacts
from core.api import StatementLine
from core.api import minor_digits

GROUP = "date range"
TRANSFER = "Transfer"
NEEDED = ("date/time", "settlement id", "type", "order id", "total")
TITLE_ROWS = 60
OF_ORDERS = frozenset(
    {"Order", "Refund", "Chargeback Refund", "A-to-z Guarantee Claim", "Order_Retrocharge"}
    | {"Refund_Retrocharge"}
)
_CURRENCY = re.compile(r"\b[A-Z]{3}\b")


class Row(NamedTuple):
    """A row by the names of its columns, without what tells of buyers."""

    number: int
    cells: dict[str, str]

    @property
    def text(self) -> str:
        """Return the row as it is kept."""
        return ",".join(self.cells.values())


@dataclass(slots=True)
class Head:
    """What the rows of a settlement say of it."""

    first: datetime
    last: datetime
    total: int = 0
    payout: int | None = None
    paid_at: datetime | None = None


class DateRange:
    """An opened report; it is read again from its start each time its rows are asked for."""

    def __init__(self, path: Path) -> None:
        self._path, self._encoding = path, encoding_of(path)
        self._delimiter, self._title, self._header = self._find_header()
        amounts, dates, places = set[str](), set[str](), set[str]()
        for row in self.rows():
            amounts.update(shape(row.cells[name]) for name in self._amounts)
            dates.add(row.cells["date/time"].split(" ")[0])
            places.add(row.cells.get("marketplace", "").casefold())
        self._mark, self._order = decimal_mark(amounts), date_order(dates)
        self.currency = self._find_currency(places)
        self.heads: dict[str, Head] = {}
        self.since: datetime | None = None
        self.until: datetime | None = None
        for row in self.rows():
            self._learn(row)

    @property
    def _amounts(self) -> list[str]:
        known = set(words().amounts.values())
        return [name for name in self._header if name in known or name == "total"]

    def _find_header(self) -> tuple[str, list[str], list[str]]:
        """Return what separates cells, the title rows, and the names of the columns."""
        title: list[str] = []
        with self._path.open(encoding=self._encoding, newline="") as stream:
            for line in stream:
                for delimiter in ",;\t":
                    cells = next(csv.reader([line], delimiter=delimiter), [])
                    if words().columns.get(plain(cells[0] if cells else "")) == "date/time":
                        return delimiter, title, self._named(cells)
                title.append(line)
                if len(title) > TITLE_ROWS:
                    break
        raise InputError(
            "The file has no row of column names that is known.",
            where=self._path.name,
            hint="Download the date-range report again, as CSV, in its marketplace's language.",
        )

    def _named(self, cells: Sequence[str]) -> list[str]:
        known, names = words(), []
        for cell in cells:
            word = plain(cell)
            name = known.columns.get(word) or known.amounts.get(word) or ""
            if not name and word and word not in known.dropped:
                raise InputError(
                    f"The column {cell.strip()!r} is not known.",
                    where=self._path.name,
                    hint="What it holds may be money: the report is not read until that is known.",
                )
            names.append(name)
        twice = {name for name in names if name and names.count(name) > 1}
        missing = [name for name in NEEDED if name not in names]
        if twice or missing:
            wrong = f"two columns {min(twice)!r}" if twice else f"no column {missing[0]!r}"
            raise InputError(f"The report has {wrong}.", where=self._path.name)
        return names

    def rows(self) -> Iterator[Row]:
        """Yield the rows, in bounded memory."""
        with self._path.open(encoding=self._encoding, newline="") as stream:
            for _ in range(len(self._title) + 1):
                next(stream)
            lines = csv.reader(stream, delimiter=self._delimiter)
            try:
                for cells in lines:
                    number = len(self._title) + 1 + lines.line_num
                    if not any(cell.strip() for cell in cells):
                        continue
                    if len(cells) != len(self._header):
                        raise InputError(
                            f"It has {len(cells)} cells, the header {len(self._header)}.",
                            where=f"line {number}",
                        )
                    named = zip(self._header, cells, strict=True)
                    yield Row(number, {name: cell.strip() for name, cell in named if name})
            except csv.Error as error:
                raise InputError(f"It cannot be read: {error}.", where=self._path.name) from None

    def _find_currency(self, places: set[str]) -> str:
        told = {each for line in self._title for each in _CURRENCY.findall(line)}
        found = {each for each in told if _is_currency(each)}
        found = found or {words().currencies[p] for p in places if p in words().currencies}
        if len(found) != 1:
            raise InputError(
                "The report does not say its currency.",
                where=self._path.name,
                hint="Import it with its title rows, as Amazon wrote it.",
            )
        return found.pop()

    def _learn(self, row: Row) -> None:
        if self.is_held(row):
            return
        at, total = self.moment(row), self.amount(row, "total")
        self.since = min(self.since or at, at)
        self.until = max(self.until or at, at)
        ref = row.cells["settlement id"]
        if not ref:
            raise InputError("The row names no settlement.", where=f"line {row.number}")
        head = self.heads.setdefault(ref, Head(at, at))
        if self.kind(row) == TRANSFER:
            head.payout, head.paid_at = (head.payout or 0) - total, at
        else:
            head.first, head.last = min(head.first, at), max(head.last, at)
            head.total += total

    def kind(self, row: Row) -> str:
        """Return what a row tells of; a word that nobody knows as it is written."""
        said = row.cells["type"]
        return words().types.get(plain(said), said)

    def is_held(self, row: Row) -> bool:
        """Say whether a row tells of money that is not released: no settlement has it yet."""
        status = row.cells.get("transaction status", "")
        return bool(status) and (plain(status) in words().held or not row.cells["settlement id"])

    def moment(self, row: Row, column: str = "date/time") -> datetime:
        """Return a moment of a row."""
        where = f"line {row.number}, {column}"
        return named_moment(row.cells[column], self._order, where=where)

    def amount(self, row: Row, column: str) -> int:
        """Return an amount of a row in minor units; an empty cell is nothing."""
        text = row.cells[column]
        if not text:
            return 0
        return minor_amount(text, self._mark, self.currency, where=f"line {row.number}, {column}")

    def lines(self, row: Row) -> Iterator[StatementLine]:
        """Yield the amounts of a row, each by its column or by what it is for."""
        kind, cells = self.kind(row), row.cells
        ref, told = cells["order id"], cells.get("description", "")
        quantity = cells.get("quantity", "")
        for column in self._amounts:
            amount = self.amount(row, column) if column != "total" else 0
            if not amount:
                continue
            by_name = words().names.get(plain(told), told)
            name = column if kind in OF_ORDERS or not told else by_name
            is_order = bool(ORDER_REF.fullmatch(ref))
            yield StatementLine(
                line_number=row.number,
                payload=row.text,
                code=FeeCode(kind, GROUP, name),
                amount=amount,
                posted_at=self.moment(row),
                order_ref=ref if is_order else "",
                sku=cells.get("sku", ""),
                shipment_ref="" if is_order else ref,
                marketplace=cells.get("marketplace", ""),
                quantity=int(quantity) if quantity.isdigit() else None,
            )


class DateRangeStatement:
    """What a report tells of one settlement."""

    def __init__(self, report: DateRange, ref: str, head: Head) -> None:
        self._report, self._ref = report, ref
        since, until = report.since or head.first, report.until or head.last
        paid_on = head.paid_at.date() if head.paid_at is not None else None
        self.facts = StatementFacts(
            external_ref=ref,
            currency=report.currency,
            started_at=head.first,
            ended_at=head.last,
            total=head.total,
            deposited_on=paid_on,
            format="amazon date range",
            extract=Extract(since, until, head.payout),
        )

    def lines(self) -> Iterator[StatementLine]:
        """Yield every amount of the settlement in the order of the file."""
        report = self._report
        for row in report.rows():
            mine = row.cells["settlement id"] == self._ref and not report.is_held(row)
            if mine and report.kind(row) != TRANSFER:
                yield from report.lines(row)


def held_money(report: DateRange) -> Iterator[HeldMoney]:
    """Yield the rows of money that Amazon holds back."""
    for row in report.rows():
        if not report.is_held(row):
            continue
        yield HeldMoney(
            external_id="",
            kind=report.kind(row),
            order_id=row.cells["order id"],
            posted_at=report.moment(row),
            amount=report.amount(row, "total"),
            currency=report.currency,
            releases_at=_release(report, row),
        )


def _release(report: DateRange, row: Row) -> datetime | None:
    """Return when Amazon means to release a row; it may say that it does not know yet."""
    try:
        return report.moment(row, "transaction release date")
    except (InputError, KeyError):
        return None


def is_date_range(path: Path) -> bool:
    """Say whether a file has the column names of a date-range report among its first rows."""
    try:
        with path.open(encoding=encoding_of(path), newline="") as stream:
            for _, line in zip(range(TITLE_ROWS), stream, strict=False):
                first = re.split("[,;\t]", line, maxsplit=1)[0].strip('"')
                if words().columns.get(plain(first)) == "date/time":
                    return True
    except InputError:
        return False
    return False


def _is_currency(code: str) -> bool:
    try:
        minor_digits(code)
    except InputError:
        return False
    return True
