"""What every report must hold to; needs the fixture `database_url`."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import count
from itertools import cycle
from typing import Any

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from core.catalog.models import Sku
from core.channels.models import Shop
from core.errors import InputError
from core.identity.actor import acting
from core.identity.actor import with_permissions
from core.ids import next_id
from core.kernel import hooks
from core.kernel import lifecycle
from core.kernel.companies import CompanyInfo
from core.kernel.companies import create_company
from core.kernel.kernel import Kernel
from core.ledger.journal import Dimensions
from core.ledger.journal import Journal
from core.ledger.models import Account
from core.ledger.models import Balance
from core.ledger.report import Report
from core.ledger.report import ReportParameters
from core.ledger.report import ReportRow
from core.ledger.report import ReportTable
from core.ledger.report_files import ReportFile
from core.ledger.report_files import make_file
from core.ledger.report_files import write_csv
from core.ledger.report_files import write_xlsx
from core.ledger.waterfall import PROFIT_LINES
from core.money import minor_digits
from core.orders.models import Order
from core.setup import prepare_company
from core.testkit.factories import make_row
from core.testkit.installed import InstalledAddon

HOSTILE = ("=1+2", "+1", "-1", "@SUM(A1)", "\t=1+2", "\r=1+2", " =1+2", "＝1+2")
MONTHS = {
    date(2026, 1, 1): date(2026, 1, 31),
    date(2026, 2, 1): date(2026, 2, 28),
    date(2026, 3, 1): date(2026, 3, 31),
}
RANGES: tuple[tuple[date | None, date | None], ...] = ((None, None), *MONTHS.items())
SIGNS = ("=", "+", "-", "@", "\t", "\r", "＝")


class ReportContract(InstalledAddon):
    """Tests of a report; a subclass names the addon and gives the report.

    The books that it is tried on have entries on every account of income and expenses, in three
    months, with every dimension given and left out, and names that look like formulas.
    """

    @pytest.fixture
    def report(self) -> Report:
        """Return the report under test."""
        raise NotImplementedError

    @pytest.fixture
    def company(self, kernel: Kernel, request: pytest.FixtureRequest) -> CompanyInfo:
        """Return a company with books in pounds, or in the currency that a test names."""
        with kernel.db.write() as session:
            company = _company(session, getattr(request, "param", "GBP"))
            _fill(session, company)
            # Another company's figures must not be seen.
            _fill(session, _company(session, "EUR"))
        return company

    def test_report_says_what_it_is(self, report: Report) -> None:
        """It has a name, dimensions, and columns of which one ties to the ledger."""
        assert report.code.strip()
        assert report.title.strip()
        assert len(set(report.dimensions)) == len(report.dimensions) > 0
        for by in report.dimensions:
            columns = report.columns(by)
            kinds = {column.key: column.kind for column in columns}
            assert len(kinds) == len(columns)
            assert columns[0].kind == "text"
            assert kinds[report.result] == "money"
            assert all(kinds[part] == "money" for each in columns for part in each.sum_of)

    def test_the_enabled_addon_offers_the_report(self, kernel: Kernel, report: Report) -> None:
        """It is collected once, under the addon's name, while the addon is enabled."""
        offers = [
            (name, each.code)
            for name, each in hooks.collect(kernel, "reports")
            if each.code == report.code
        ]
        assert offers == [(self.addon, report.code)]

        lifecycle.disable(kernel, self.addon)
        assert self.addon not in {name for name, _ in hooks.collect(kernel, "reports")}

    def test_totals_tie_to_the_ledger(
        self, kernel: Kernel, report: Report, company: CompanyInfo
    ) -> None:
        """Rows and rest add up to the totals, and these to the balances, in every month."""
        with kernel.db.read() as session:
            for (start, end), table in self._tables(session, report, company):
                balances = _balances(session, company, start)
                expected = {report.result: sum(balances.values())}
                totals = table.cells(table.totals)
                expected |= {line: balances.get(line, 0) for line in PROFIT_LINES if line in totals}
                assert {key: totals[key] for key in expected} == expected, (start, end)
                for place, column in enumerate(table.columns):
                    if column.kind != "text":
                        parts = [row.values[place] for row in (*table.rows, table.rest)]
                        assert sum(map(int, parts)) == table.totals.values[place], column.key

    def test_each_subtotal_is_the_sum_of_its_lines(
        self, kernel: Kernel, report: Report, company: CompanyInfo
    ) -> None:
        """In every row; and the result counts every line that is no subtotal exactly once."""
        with kernel.db.read() as session:
            for _, table in self._tables(session, report, company):
                subtotals = {each.key: each.sum_of for each in table.columns if each.sum_of}
                lines = [
                    each.key
                    for each in table.columns
                    if each.kind == "money" and each.key not in subtotals
                ]
                assert sorted(_leaves(report.result, subtotals)) == sorted(lines)
                for row in (*table.rows, table.rest, table.totals):
                    cells = table.cells(row)
                    for key, parts in subtotals.items():
                        assert cells[key] == sum(int(cells[part]) for part in parts), key

    def test_tables_have_the_columns_that_were_announced(
        self, kernel: Kernel, report: Report, company: CompanyInfo
    ) -> None:
        """Every row has a value of its kind in every column; keys are not repeated."""
        with kernel.db.read() as session:
            for by in report.dimensions:
                table = report.run(session, company.id, ReportParameters(by))
                assert table.columns == report.columns(by)
                assert table.currency == company.currency
                assert len(table.rows) > 1
                for row in (*table.rows, table.rest, table.totals):
                    kinds = [str if each.kind == "text" else int for each in table.columns]
                    assert [type(value) for value in row.values] == kinds
                assert table.rest.values[0] == table.totals.values[0] == ""
                keys = [(row.values[0], row.id) for row in table.rows]
                assert len(set(keys)) == len(keys)

    def test_an_empty_company_has_an_empty_table(self, kernel: Kernel, report: Report) -> None:
        """No rows and totals of zero, and both files can be written all the same."""
        with kernel.db.write() as session:
            _fill(session, _company(session, "EUR"))
            empty = _company(session, "GBP")
        with kernel.db.read() as session:
            for by in report.dimensions:
                table = report.run(session, empty.id, ReportParameters(by))
                assert list(table.rows) == []
                for row in (table.rest, table.totals):
                    assert {value for value in row.values if isinstance(value, int)} == {0}
                file = make_file(session, report.code, report.title, table)
                assert len(_read_csv(file)) == len(_read_xlsx(file)) == 2

    def test_days_without_bookings_have_an_empty_table(
        self, kernel: Kernel, report: Report, company: CompanyInfo
    ) -> None:
        """The days asked for are all that counts."""
        with kernel.db.read() as session:
            for by in report.dimensions:
                asked = ReportParameters(by, date(2025, 1, 1), date(2025, 12, 31))
                table = report.run(session, company.id, asked)
                assert list(table.rows) == []
                assert not table.has_rest()

    def test_an_unknown_dimension_is_refused(
        self, kernel: Kernel, report: Report, company: CompanyInfo
    ) -> None:
        """A slip of the pen gets a sentence, not a table."""
        with kernel.db.read() as session, pytest.raises(InputError, match="no such"):
            report.run(session, company.id, ReportParameters("no such dimension"))

    @pytest.mark.parametrize("company", ["GBP", "JPY", "KWD"], indirect=True)
    def test_files_hold_the_figures_of_the_table(
        self, kernel: Kernel, report: Report, company: CompanyInfo
    ) -> None:
        """CSV and XLSX have every row, the rest and the totals, with two, no or three digits."""
        with kernel.db.read() as session:
            for _, table in self._tables(session, report, company):
                file = make_file(session, report.code, report.title, table)
                rows = [*table.rows, *([table.rest] if table.has_rest() else []), table.totals]
                expected = [_figures(table, row) for row in rows]
                numbers = [n for n, each in enumerate(table.columns) if each.kind != "text"]
                assert [
                    [Decimal(row[n]) for n in numbers] for row in _read_csv(file)[1:]
                ] == expected
                places = Decimal(1).scaleb(-minor_digits(table.currency))
                assert [
                    [Decimal(str(row[n])).quantize(places) for n in numbers]
                    for row in _read_xlsx(file)[1:]
                ] == expected

    def test_who_may_not_see_amounts_gets_none(
        self, kernel: Kernel, report: Report, company: CompanyInfo
    ) -> None:
        """Neither as a column nor within a text: tables and files are handed to such people too."""
        with kernel.db.read() as session:
            for by in report.dimensions:
                asked = ReportParameters(by)
                whole = report.run(session, company.id, asked)
                with acting(with_permissions(())):
                    table = report.run(session, company.id, asked)
                assert [each.key for each in table.columns if each.seen_with] == []
                open_ones = [each.key for each in whole.columns if not each.seen_with]
                assert [each.key for each in table.columns] == open_ones
                shown = [table.cells(row) for row in (*table.rows, table.rest, table.totals)]
                amounts = {text for row in whole.rows for text in _amounts(whole, row)}
                said = " ".join(str(value) for cells in shown for value in cells.values())
                assert not amounts & set(re.findall(r"\d+[.,]?\d*", said)), said
                file = make_file(session, report.code, report.title, table)
                assert len(_read_csv(file)[0]) == len(open_ones)

    def test_files_hold_no_formulas(
        self, kernel: Kernel, report: Report, company: CompanyInfo
    ) -> None:
        """What others named stays text: prefixed in CSV, of the type text in XLSX."""
        with kernel.db.read() as session:
            for by in report.dimensions:
                table = report.run(session, company.id, ReportParameters(by))
                file = make_file(session, report.code, report.title, table)
                texts = [n for n, each in enumerate(table.columns) if each.kind == "text"]
                cells = [row[n] for row in _read_csv(file) for n in texts]
                assert not [cell for cell in cells if cell.lstrip().startswith(SIGNS)]
                named = [row.values[n] for row in table.rows for n in texts]
                kept = [cell.removeprefix("'") for cell in cells]
                assert set(map(str, named)) <= set(kept)
                for cell in _xlsx_cells(file):
                    assert cell.data_type != "f", cell.value
                    assert cell.hyperlink is None

    def _tables(
        self, session: Session, report: Report, company: CompanyInfo
    ) -> Iterator[tuple[tuple[date | None, date | None], ReportTable]]:
        for start, end in RANGES:
            for by in report.dimensions:
                yield (
                    (start, end),
                    report.run(session, company.id, ReportParameters(by, start, end)),
                )


def _company(session: Session, currency: str) -> CompanyInfo:
    company = create_company(
        session, f"Books in {currency}", country="GB", currency=currency, timezone="Europe/London"
    )
    prepare_company(session, company)
    return company


def _fill(session: Session, company: CompanyInfo) -> None:
    """Book a little on every account of income and expenses, from the first to the last day."""
    codes = session.scalars(
        sa.select(Account.code)
        .where(Account.company_id == company.id, Account.profit_line.is_not(None))
        .order_by(Account.code)
    ).all()
    journal = Journal(session, company.id, company.currency)
    dimensions = cycle(_dimensions(session, company))
    amounts = count(1)
    for month, last in MONTHS.items():
        for day in (month, last):
            name = f"{company.currency}:{day}"
            entry = journal.entry(next_id(session), name, "sale", day, narration=name)
            for code in codes:
                # All amounts differ, so that no two mistakes cancel out.
                amount = next(amounts) * 37 * (-1 if code < "5" else 1)
                whom = next(dimensions)
                entry.add(code, amount, whom)
                entry.add("1000", -amount, whom)
    journal.post()


def _dimensions(session: Session, company: CompanyInfo) -> list[Dimensions]:
    """Return nine, so that no account always meets the same; each kind is left out somewhere."""
    owner = {"company_id": company.id}
    found: list[Dimensions] = [Dimensions()]
    for place, (name, country) in enumerate(zip(HOSTILE, cycle(("DE", "GB", None)), strict=False)):
        shop = make_row(session, Shop, **owner, name=name)
        order = make_row(session, Order, **owner, shop_id=shop.id, external_ref=name)
        sku = make_row(session, Sku, **owner, code=name, title=name, brand=name, owner=name)
        found.append(
            Dimensions(
                shop.id,
                country,
                order.id if place != 2 else None,
                None,
                sku.id if place != 3 else None,
            )
        )
    return found


def _balances(session: Session, company: CompanyInfo, month: date | None) -> dict[str, int]:
    """Return the ledger's balances by profit line, income positive, of a month or of all."""
    query = (
        sa.select(Account.profit_line, sa.cast(sa.func.sum(Balance.amount), sa.BigInteger))
        .join(
            Balance,
            sa.and_(Balance.company_id == Account.company_id, Balance.account_id == Account.id),
        )
        .where(Account.company_id == company.id, Account.profit_line.is_not(None))
        .group_by(Account.profit_line)
    )
    if month is not None:
        query = query.where(Balance.month == month)
    return {str(line): -amount for line, amount in session.execute(query)}


def _leaves(key: str, subtotals: dict[str, tuple[str, ...]]) -> Iterator[str]:
    if key not in subtotals:
        yield key
    for part in subtotals.get(key, ()):
        yield from _leaves(part, subtotals)


def _figures(table: ReportTable, row: ReportRow) -> list[Decimal]:
    digits = minor_digits(table.currency)
    return [
        Decimal(value).scaleb(-digits if column.kind == "money" else 0)
        for column, value in zip(table.columns, row.values, strict=True)
        if column.kind != "text"
    ]


def _amounts(table: ReportTable, row: ReportRow) -> Iterator[str]:
    """Yield the larger amounts of a row as somebody would write them, without their sign."""
    digits = minor_digits(table.currency)
    for column, value in zip(table.columns, row.values, strict=True):
        if column.kind == "money" and abs(int(value)) >= 10_000:
            yield from (str(abs(int(value))), str(Decimal(abs(int(value))).scaleb(-digits)))


def _read_csv(file: ReportFile) -> list[list[str]]:
    stream = io.BytesIO()
    write_csv(file, stream)
    return list(csv.reader(io.StringIO(stream.getvalue().decode("utf-8-sig"), newline="")))


def _read_xlsx(file: ReportFile) -> list[list[object]]:
    return [[cell.value for cell in row] for row in _xlsx_rows(file)]


def _xlsx_cells(file: ReportFile) -> Iterator[Any]:
    for row in _xlsx_rows(file):
        yield from row


def _xlsx_rows(file: ReportFile) -> list[tuple[Any, ...]]:
    stream = io.BytesIO()
    write_xlsx(file, stream)
    return list(load_workbook(stream).worksheets[0].iter_rows())
