"""The payment transactions that a seller exports as CSV: every payout in them is a settlement."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from datetime import datetime
from pathlib import Path

from addons.shopify.orders import SIGN
from core.api import FeeCode
from core.api import InputError
from core.api import MappingError
from core.api import StatementFacts
from core.api import StatementLine
from core.api import money
from core.api import write_json

FORMAT = "shopify transactions csv"
COLUMNS = ("Transaction Date", "Type", "Order", "Payout ID", "Payout Date", "Currency")
COLUMNS += ("Amount", "Fee", "Net")
KEPT = (*COLUMNS, "Payout Status", "Available On", "VAT")
"""What is kept of a row: nothing of the buyer's card."""
PAYOUT = "payout"
HINT = "Export it again: Finance, Payouts, Export, All transactions, as plain CSV."
MOST_BYTES = 200_000_000
Row = Mapping[str, str]
Numbered = tuple[int, Row]


def is_export(path: Path) -> bool:
    """Say whether a file begins as an export of transactions does."""
    with path.open("rb") as stream:
        head = stream.readline(4096).decode("utf-8-sig", "replace")
    return all(name in head for name in ("Transaction Date", "Payout ID"))


class ExportedPayout:
    """One payout of an export."""

    def __init__(self, ref: str, rows: Sequence[Numbered]) -> None:
        self._rows = [row for row in rows if not _is_payout(row[1])]
        first = next(iter(self._rows or rows))
        self._currency = first[1]["Currency"]
        moments = [_moment(*row) for row in rows]
        told = [-_amount(*row, "Net", self._currency) for row in rows if _is_payout(row[1])]
        sums = sum(_amount(*row, "Net", self._currency) for row in self._rows)
        self.facts = StatementFacts(
            external_ref=ref,
            currency=self._currency,
            started_at=min(moments),
            ended_at=max(moments),
            # Without a row of its own the payout is what its transactions come to.
            total=told[0] if told else sums,
            deposited_on=_day(*first),
            format=FORMAT,
        )

    def lines(self) -> Iterator[StatementLine]:
        """Yield every amount and every fee.

        Raises: InputError naming the line that cannot be understood.
        """
        place = 0
        for number, row in self._rows:
            amount, fee, net = (
                _amount(number, row, name, self._currency) for name in ("Amount", "Fee", "Net")
            )
            if amount - fee != net:
                said = "Amount less fee is not the net that stands there."
                raise InputError(said, where=f"line {number}", hint=HINT)
            for name, part in (("amount", amount), ("fee", -fee)):
                if part or name == "amount":
                    place += 1
                    yield self._line(number, row, place, FeeCode(row["Type"], "", name), part)

    @staticmethod
    def _line(number: int, row: Row, place: int, code: FeeCode, amount: int) -> StatementLine:
        return StatementLine(
            place,
            write_json({name: row[name] for name in KEPT if row.get(name)}),
            code,
            amount,
            _moment(number, row),
            order_ref=row["Order"].strip().removeprefix(SIGN),
        )


def open_export(path: Path) -> Sequence[ExportedPayout]:
    """Return the payouts of an export; what was not paid out yet is in none.

    Raises: InputError if the file is cut, or leaves a doubt of what it says.
    """
    if path.stat().st_size > MOST_BYTES:
        raise InputError("The file is too large.", where=path.name, hint="Export fewer days.")
    payouts: dict[str, list[Numbered]] = {}
    for number, row in _rows(path):
        if ref := row["Payout ID"].strip():
            payouts.setdefault(ref, []).append((number, row))
    return [ExportedPayout(ref, rows) for ref, rows in payouts.items()]


def _rows(path: Path) -> Iterator[Numbered]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        head = stream.readline()
        stream.seek(0)
        mark = ";" if head.count(";") > head.count(",") else ","
        reader = csv.DictReader(stream, delimiter=mark)
        try:
            if missing := [name for name in COLUMNS if name not in (reader.fieldnames or ())]:
                said = f"The columns {', '.join(missing)} are missing."
                raise InputError(said, where=path.name, hint=HINT)
            for row in reader:
                if None in row or None in row.values():
                    said = "The line has not as many cells as the header."
                    raise InputError(said, where=f"line {reader.line_num}", hint=HINT)
                yield reader.line_num, row
        except (csv.Error, UnicodeDecodeError) as error:
            raise InputError(f"The file cannot be read: {error}.", where=path.name) from None


def _is_payout(row: Row) -> bool:
    return row["Type"].strip().casefold() == PAYOUT


def _amount(number: int, row: Row, name: str, currency: str) -> int:
    if row["Currency"] != currency:
        said = f"The line is in {row['Currency']}, its payout in {currency}."
        raise InputError(said, where=f"line {number}")
    try:
        return money(row[name].strip() or "0", currency, path=name)
    except MappingError as error:
        raise InputError(str(error), where=f"line {number}", hint=HINT) from None


def _moment(number: int, row: Row) -> datetime:
    text = row["Transaction Date"]
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z")
    except ValueError:
        said = f"{text!r} is no moment as 2026-01-19 12:07:45 +0100."
        raise InputError(said, where=f"line {number}", hint=HINT) from None


def _day(number: int, row: Row) -> date | None:
    """Return when a payout was made, None where the export does not say it."""
    text = row["Payout Date"].strip()
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        raise InputError(f"{text!r} is no day.", where=f"line {number}", hint=HINT) from None
