"""The income statement that a seller exports: every statement in it is a settlement."""

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

from addons.tiktok_shop.movements import ORDER
from addons.tiktok_shop.movements import UNNAMED
from core.api import Download
from core.api import FeeCode
from core.api import InputError
from core.api import MappingError
from core.api import StatementFacts
from core.api import StatementLine
from core.api import money
from core.api import write_json

FORMAT = "tiktok income statement"
REF, DATE, KIND, CURRENCY = "statement id", "statement date", "type", "currency"
NUMBER, TOTAL = "order/adjustment id", "total settlement amount"
SKU, RELATED = "sku id", "related order id"
HINT = "Export it again: Seller Center, Finance, Statements, Export, in English."
REPORT = Download((REF, KIND), (REF, DATE, KIND), HINT)
NEEDED = (REF, DATE, KIND, CURRENCY, NUMBER, TOTAL)
NOTHING = ("", "/", "--", "-")
DATES = ("%Y-%m-%d", "%Y/%m/%d")
Row = Mapping[str, str]
Numbered = tuple[int, Row]


def is_report(path: Path) -> bool:
    """Say whether a file has the head of an income statement."""
    return REPORT.fits(path)


class ReportedStatement:
    """One statement of a report."""

    def __init__(self, ref: str, rows: Sequence[Numbered]) -> None:
        self._rows = rows
        self._currency = rows[0][1][CURRENCY]
        made = _day(rows[0][0], rows[0][1][DATE])
        self.facts = StatementFacts(
            external_ref=ref,
            currency=self._currency,
            started_at=made,
            ended_at=made,
            total=sum(_amount(*row, TOTAL, self._currency) for row in rows),
            deposited_on=made.date(),
            format=FORMAT,
        )

    def lines(self) -> Iterator[StatementLine]:
        """Yield every amount, by the SKU of its order where one is told.

        Raises: InputError naming the line that cannot be understood.
        """
        place = 0
        for number, row in self._rows:
            order = _order(row)
            for code, amount in self._amounts(number, row):
                place += 1
                yield StatementLine(
                    place,
                    write_json(row),
                    code,
                    amount,
                    self.facts.ended_at,
                    order_ref=order,
                    item_ref="" if row.get(SKU, "") in NOTHING else row[SKU],
                )

    def _amounts(self, number: int, row: Row) -> Iterator[tuple[FeeCode, int]]:
        """Yield what a row holds; what its parts do not come to stands in suspense."""
        whole, kind = _amount(number, row, TOTAL, self._currency), _kind(row)
        if kind != ORDER:
            yield FeeCode(kind, "", kind), whole
            return
        left = whole
        for column, name in _words()["amounts"].items():
            amount = _amount(number, row, column, self._currency) if column in row else 0
            left -= amount
            if amount:
                yield FeeCode(kind, "", name), amount
        if left:
            yield FeeCode(kind, "", UNNAMED), left


def open_report(path: Path) -> Sequence[ReportedStatement]:
    """Return the statements of a report.

    Raises: InputError if the file is cut, or leaves a doubt of what it says.
    """
    found: dict[str, list[Numbered]] = {}
    titles = _words()["titles"]
    for number, told in REPORT.rows(path):
        row = {titles.get(name, name): text for name, text in told.items() if name}
        if missing := [name for name in NEEDED if name not in row]:
            said = f"The columns {', '.join(missing)} are missing."
            raise InputError(said, where="the header", hint=HINT)
        if row[REF] not in NOTHING:
            found.setdefault(row[REF], []).append((number, row))
    return [ReportedStatement(ref, rows) for ref, rows in found.items()]


def _kind(row: Row) -> str:
    """Return what a row is about, by the API's word where it is known."""
    return _words()["types"].get(row[KIND].lower(), row[KIND])


def _order(row: Row) -> str:
    """Return the order of a row: its own number, or for an adjustment the one that it names."""
    told = row[NUMBER] if _kind(row) == ORDER else row.get(RELATED, "")
    return "" if told in NOTHING else told


def _amount(number: int, row: Row, name: str, currency: str) -> int:
    text = row[name]
    if text in NOTHING:
        return 0
    if row[CURRENCY] != currency:
        said = f"The line is in {row[CURRENCY]}, its statement in {currency}."
        raise InputError(said, where=f"line {number}")
    try:
        return money(text.replace(",", ""), currency, path=name)
    except MappingError as error:
        raise InputError(str(error), where=f"line {number}", hint=HINT) from None


def _day(number: int, text: str) -> datetime:
    """Return a day, which the report tells without a time, by its first moment."""
    for pattern in DATES:
        try:
            found: date = datetime.strptime(text[:10], pattern).date()  # noqa: DTZ007 - a day
        except ValueError:
            continue
        return datetime(found.year, found.month, found.day, tzinfo=UTC)
    raise InputError(f"{text!r} is no day as 2026-01-05.", where=f"line {number}", hint=HINT)


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(files(__package__).joinpath("reports.toml").read_text("utf-8"))
