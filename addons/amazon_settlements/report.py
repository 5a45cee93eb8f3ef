"""A settlement report as a flat file, V1 or V2."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from addons.amazon_settlements.layouts import amount_columns
from addons.amazon_settlements.layouts import amounts_of
from addons.amazon_settlements.layouts import layout_of
from addons.amazon_settlements.text import Line
from addons.amazon_settlements.text import encoding_of
from addons.amazon_settlements.text import read_lines
from addons.amazon_settlements.values import date_order
from addons.amazon_settlements.values import decimal_mark
from addons.amazon_settlements.values import minor_amount
from addons.amazon_settlements.values import moment_of
from core.api import FeeCode
from core.api import InputError
from core.api import StatementFacts
from core.api import StatementLine
from core.api import minor_digits

# A column of this name may hold the id of a shipment to a warehouse instead.
ORDER_REF = re.compile(r"\d{3}-\d{7}-\d{7}|S\d{2}-\d{7}-\d{7}")
_AMERICAN = re.compile(r"amazon\.com|amazon\.ca", re.IGNORECASE)


class SettlementReport:
    """An opened report; it is read again from its start each time `lines` is called."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._encoding = encoding_of(path)
        lines = read_lines(path, self._encoding)
        self._header = next((line.cells for line in lines), [])
        layout = layout_of(self._header)
        if layout is None:
            raise InputError(
                "The file has not the columns of a settlement report.",
                where=path.name,
                hint="Download the settlement report again, as flat file V2.",
            )
        self._layout = layout
        self._mark: str | None = None
        self._order: str | None = None
        self._last: tuple[str, datetime] | None = None
        self._learn()
        self.facts = self._facts()

    def lines(self) -> Iterator[StatementLine]:
        """Yield every amount in the order of the file.

        Raises: InputError naming the line that cannot be understood.
        """
        known: dict[str, int] = {}
        for line in self._rows():
            row = self._cells(line)
            self._check(row, line.number)
            amounts = list(amounts_of(self._layout, row))
            if not amounts:
                # V1 tells quantities on lines of their own.
                yield self._line(line, row, FeeCode(row["transaction-type"], "", ""), 0)
            for code, text in amounts:
                if (amount := known.get(text)) is None:
                    amount = self._amount(text, line.number)
                    if len(known) < _REMEMBERED:
                        known[text] = amount
                yield self._line(line, row, code, amount)

    def _amount(self, text: str, number: int) -> int:
        return minor_amount(text, self._mark, self.facts.currency, where=f"line {number}")

    def _rows(self) -> Iterator[Line]:
        """Yield the lines behind the header and the summary."""
        for place, line in enumerate(read_lines(self._path, self._encoding)):
            if place > 1:
                yield line

    def _cells(self, line: Line) -> dict[str, str]:
        return dict(zip(self._header, self._all_cells(line), strict=True))

    def _all_cells(self, line: Line) -> list[str]:
        """Return a cell for each column of the header: the last ones may be left out."""
        cells, width = line.cells, len(self._header)
        if len(cells) == width:
            return cells
        if any(cells[width:]):
            raise InputError(
                f"The line has {len(cells)} cells, the header {width}.",
                where=f"line {line.number}",
            )
        return cells[:width] + [""] * (width - len(cells))

    def _learn(self) -> None:
        """Find out how the file writes amounts and dates."""
        amounts: set[str] = set()
        dates: set[str] = set()
        markets: set[str] = set()
        of_amounts = self._places(amount_columns(self._layout))
        of_dates, of_markets = self._places(_DATES), self._places(["marketplace-name"])
        for place, line in enumerate(read_lines(self._path, self._encoding)):
            if not place:
                continue
            cells = self._all_cells(line)
            amounts.update(shape(cells[n]) for n in of_amounts if cells[n])
            dates.update(cells[n][:10] for n in of_dates)
            markets.update(cells[n] for n in of_markets)
        american = any(_AMERICAN.fullmatch(name) for name in markets)
        self._mark = decimal_mark(amounts)
        self._order = date_order(dates) or ("mdy" if american else None)

    def _places(self, names: Iterable[str]) -> list[int]:
        """Return where columns stand; a report has not all that there are."""
        return [self._header.index(name) for name in names if name in self._header]

    def _facts(self) -> StatementFacts:
        lines = read_lines(self._path, self._encoding)
        next(lines)
        first = next(lines, None)
        row = self._cells(first) if first is not None else {}
        if first is None or not row.get("total-amount") or not row.get("currency"):
            raise InputError(
                "The first line of the report must be its summary, with total-amount and currency.",
                where="line 2",
                hint="Download the report again: it is cut, or was changed.",
            )
        where = f"line {first.number}"
        minor_digits(row["currency"])
        deposit = row.get("deposit-date", "")
        return StatementFacts(
            external_ref=row["settlement-id"],
            currency=row["currency"],
            started_at=self._moment(row, "settlement-start-date", where),
            ended_at=self._moment(row, "settlement-end-date", where),
            total=minor_amount(row["total-amount"], self._mark, row["currency"], where=where),
            deposited_on=moment_of(deposit, self._order, where=where).date() if deposit else None,
            format=f"amazon {self._layout}",
        )

    def _moment(self, row: dict[str, str], column: str, where: str) -> datetime:
        text = row.get(column, "")
        if self._last is None or self._last[0] != text:
            # The amounts of an order stand together and have one date.
            self._last = text, moment_of(text, self._order, where=f"{where}, {column}")
        return self._last[1]

    def _check(self, row: dict[str, str], number: int) -> None:
        facts = self.facts
        if row["settlement-id"] != facts.external_ref:
            raise InputError(
                f"The line belongs to settlement {row['settlement-id']}, the file to"
                f" {facts.external_ref}.",
                where=f"line {number}",
                hint="Import each report as its own file.",
            )
        if row["total-amount"]:
            raise InputError(
                "There is a second summary with a total-amount.", where=f"line {number}"
            )
        if row["currency"] and row["currency"] != facts.currency:
            raise InputError(
                f"The line is in {row['currency']}, the settlement in {facts.currency}.",
                where=f"line {number}",
            )

    def _line(self, line: Line, row: dict[str, str], code: FeeCode, amount: int) -> StatementLine:
        get = row.get
        column = "posted-date-time" if get("posted-date-time") else "posted-date"
        ref, quantity = get("order-id", ""), get("quantity-purchased", "")
        is_order = ORDER_REF.fullmatch(ref) is not None
        return StatementLine(
            line.number,
            line.text,
            code,
            amount,
            self._moment(row, column, f"line {line.number}"),
            ref if is_order else "",
            get("order-item-code", ""),
            get("sku", ""),
            get("shipment-id", "") or ("" if is_order else ref),
            get("marketplace-name", ""),
            int(quantity) if quantity.isdigit() else None,
        )


_REMEMBERED = 10_000
"""Of so many amounts it is kept what they come to: most of a report come again and again."""


_DATES = ("settlement-start-date", "settlement-end-date", "deposit-date", "posted-date")


_DIGITS = str.maketrans("123456789", "000000000")


def shape(text: str) -> str:
    """Return an amount with every digit as 0: so few differ that a whole file is looked at."""
    return text.translate(_DIGITS)
