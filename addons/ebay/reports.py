"""The transaction report that a seller downloads as CSV: every payout in it is a settlement."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import UTC
from datetime import date
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path

from addons.ebay.movements import BUYERS_TAX
from addons.ebay.movements import EBAYS_TAX
from addons.ebay.movements import GROSS
from addons.ebay.movements import SALE
from addons.ebay.movements import UNNAMED
from core.api import Download
from core.api import FeeCode
from core.api import InputError
from core.api import MappingError
from core.api import StatementFacts
from core.api import StatementLine
from core.api import money
from core.api import write_json

FORMAT = "ebay transaction report"
DATE, KIND, NET = "transaction creation date", "type", "net amount"
PAYOUT_ID, PAYOUT_DATE, CURRENCY = "payout id", "payout date", "payout currency"
ORDER, SKU, TEXT = "order number", "custom label", "description"
NEEDED = (DATE, KIND, NET, PAYOUT_ID, CURRENCY, ORDER)
HIDDEN = ("buyer username", "buyer name", "ship to city", "ship to province/region/state") + (
    "ship to zip",
)
"""What of a row tells of the buyer, and is not kept."""
TAX = "ebay collected tax"
PAYOUT = "payout"
NOTHING = ("", "--")
DATES = ("%b %d, %Y", "%d %b %Y", "%d-%b-%y", "%Y-%m-%d", "%d/%m/%Y")
HINT = "Download it again: Seller Hub, Payments, Reports, Transaction report, as CSV in English."
REPORT = Download((DATE, KIND, NET), NEEDED, HINT)
Row = Mapping[str, str]
Numbered = tuple[int, Row]


def is_report(path: Path) -> bool:
    """Say whether a file has the head of a transaction report."""
    return REPORT.fits(path)


class ReportedPayout:
    """One payout of a report."""

    def __init__(self, ref: str, rows: Sequence[Numbered]) -> None:
        # The newest stand first; what went back must not come before what was paid.
        self._rows = sorted((row for row in rows if not _is_payout(row[1])), key=_place)
        self._currency = rows[0][1][CURRENCY]
        days = [_day(number, row[DATE]) for number, row in rows]
        told = [_amount(*row, NET, self._currency) for row in rows if _is_payout(row[1])]
        sums = sum(_amount(*row, NET, self._currency) for row in self._rows)
        paid = rows[0][1].get(PAYOUT_DATE, "")
        self.facts = StatementFacts(
            external_ref=ref,
            currency=self._currency,
            started_at=min(days),
            ended_at=max(days),
            # Without a row of its own the payout is what its movements come to.
            total=abs(sum(told)) if told else sums,
            deposited_on=None if paid in NOTHING else _day(rows[0][0], paid).date(),
            format=FORMAT,
        )

    def lines(self) -> Iterator[StatementLine]:
        """Yield every amount and every fee.

        Raises: InputError naming the line that cannot be understood.
        """
        place = 0
        for number, row in self._rows:
            for code, amount in self._amounts(number, row):
                place += 1
                yield StatementLine(
                    place,
                    write_json({name: row[name] for name in row if name not in HIDDEN}),
                    code,
                    amount,
                    _day(number, row[DATE]),
                    order_ref="" if row[ORDER] in NOTHING else row[ORDER],
                    sku="" if row.get(SKU, "") in NOTHING else row[SKU],
                )

    def _amounts(self, number: int, row: Row) -> Iterator[tuple[FeeCode, int]]:
        """Yield what a row holds; what its parts do not come to stands in suspense."""
        words, net = _words(), _amount(number, row, NET, self._currency)
        kind = words["types"].get(row[KIND].lower(), row[KIND])
        named = {**words["parts"], **words["fees"]}
        parts = [
            (name, _amount(number, row, column, self._currency))
            for column, name in named.items()
            if column in row
        ]
        parts = [(name, amount) for name, amount in parts if amount]
        if not parts:
            yield FeeCode(kind, "", _described(row) if kind == "NON_SALE_CHARGE" else GROSS), net
            return
        for name, amount in parts:
            yield FeeCode(kind, "", name), amount
        if tax := _amount(number, row, TAX, self._currency) if TAX in row else 0:
            yield FeeCode(kind, "", BUYERS_TAX), tax
            yield FeeCode(kind, "", EBAYS_TAX), -tax
        if rest := net - sum(amount for _, amount in parts):
            yield FeeCode(kind, "", UNNAMED), rest


def open_report(path: Path) -> Sequence[ReportedPayout]:
    """Return the payouts of a report; what was not paid out yet is in none.

    Raises: InputError if the file is cut, or leaves a doubt of what it says.
    """
    payouts: dict[str, list[Numbered]] = {}
    for number, row in REPORT.rows(path):
        if row[PAYOUT_ID] not in NOTHING:
            payouts.setdefault(row[PAYOUT_ID], []).append((number, row))
    return [ReportedPayout(ref, rows) for ref, rows in payouts.items()]


def _place(numbered: Numbered) -> tuple[datetime, bool]:
    number, row = numbered
    return _day(number, row[DATE]), _words()["types"].get(row[KIND].lower()) != SALE


def _is_payout(row: Row) -> bool:
    return row[KIND].lower() == PAYOUT


def _described(row: Row) -> str:
    """Return what a fee that stands by itself is for: by the API's word where it is known."""
    text = row.get(TEXT, "")
    for start, name in _words()["descriptions"].items():
        if text.lower().startswith(start):
            return name
    return text if text not in NOTHING else UNNAMED


def _amount(number: int, row: Row, name: str, currency: str) -> int:
    text = row[name]
    if text in NOTHING:
        return 0
    if row[CURRENCY] != currency:
        said = f"The line is in {row[CURRENCY]}, its payout in {currency}."
        raise InputError(said, where=f"line {number}")
    try:
        return money(text.replace(",", ""), currency, path=name)
    except MappingError as error:
        raise InputError(str(error), where=f"line {number}", hint=HINT) from None


def _day(number: int, text: str) -> datetime:
    """Return a day, which the report tells without a time, by its noon."""
    for pattern in DATES:
        try:
            found: date = datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a day alone
        except ValueError:
            continue
        return datetime(found.year, found.month, found.day, 12, tzinfo=UTC)
    raise InputError(f"{text!r} is no day as Jan 5, 2026.", where=f"line {number}", hint=HINT)


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(files(__package__).joinpath("reports.toml").read_text("utf-8"))
