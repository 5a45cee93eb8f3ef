"""Files of reports: what addons may change in them, and what no spreadsheet may run."""

from __future__ import annotations

import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

from core.config import ROOT
from core.config import Config
from core.errors import InputError
from core.kernel import lifecycle
from core.kernel.faults import recorded
from core.kernel.kernel import Kernel
from core.ledger import report_files
from core.ledger.report import ReportColumn
from core.ledger.report import ReportRow
from core.ledger.report import ReportTable
from core.ledger.report_files import make_file
from core.ledger.report_files import write_csv
from core.ledger.report_files import write_xlsx

MANIFEST = 'name = "{name}"\ntitle = "T"\nversion = "1"\ncore = ">=1.0,<2"\ncategory = "app"\n'

CODE = """\
from core.api import hookimpl

class Addon:
    @hookimpl
    def export_row(self, row, report, session):
        {body}
"""

TABLE = ReportTable(
    "GBP",
    (
        ReportColumn("key", "SKU", "text"),
        ReportColumn("orders", "Orders", "count"),
        ReportColumn("profit", "Profit"),
    ),
    [ReportRow(("MUG", 3, 12_30)), ReportRow(("=PEN", 1, -5))],
    ReportRow(("", 0, -1_00)),
    ReportRow(("", 4, 11_25)),
)

PLAIN = (
    "SKU,Orders,Profit\r\nMUG,3,12.30\r\n'=PEN,1,-0.05\r\nNot allocated,0,-1.00\r\n"
    "Total,4,11.25\r\n"
)


def addon(folder: Path, name: str, body: str) -> None:
    (folder / name).mkdir(parents=True)
    (folder / name / "__init__.py").touch()
    (folder / name / "manifest.toml").write_text(MANIFEST.format(name=name))
    (folder / name / "addon.py").write_text(CODE.format(body=body))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of addons; a process imports them from one place only."""
    folder = tmp_path_factory.mktemp("found")
    addon(folder, "adds_a_column", 'return {**row, "=cost": row["profit"] * 2, "by": report}')
    addon(folder, "breaks", 'row["profit"] = 0; raise RuntimeError("a bug")')
    addon(folder, "changes_nothing_but_type", "return 7")
    addon(folder, "drops", 'return {"key": row["key"]}')
    return folder


@pytest.fixture
def kernel(database_url: str, tmp_path: Path, found: Path) -> Iterator[Kernel]:
    kernel = Kernel.boot(Config(tmp_path, database_url, (ROOT / "addons", found)))
    yield kernel
    kernel.db.dispose()


def csv_of(kernel: Kernel, *enabled: str) -> str:
    for name in enabled:
        lifecycle.install(kernel, name)
        lifecycle.enable(kernel, name)
    stream = io.BytesIO()
    with kernel.db.read() as session:
        write_csv(make_file(session, "test", "Test", TABLE), stream)
    return stream.getvalue().decode("utf-8-sig")


def test_a_file_has_rows_rest_and_total(kernel: Kernel) -> None:
    assert csv_of(kernel) == PLAIN


def test_an_addon_may_change_rows_and_add_columns(kernel: Kernel) -> None:
    assert csv_of(kernel, "adds_a_column").splitlines() == [
        "SKU,Orders,Profit,'=cost,by",
        "MUG,3,12.30,24.60,test",
        "'=PEN,1,-0.05,-0.10,test",
        "Not allocated,0,-1.00,-2.00,test",
        "Total,4,11.25,,",
    ]


def test_an_addon_may_leave_cells_empty(kernel: Kernel) -> None:
    assert csv_of(kernel, "drops").splitlines()[1] == "MUG,,"


@pytest.mark.parametrize("name", ["breaks", "changes_nothing_but_type"])
def test_a_failing_addon_changes_nothing(kernel: Kernel, name: str) -> None:
    assert csv_of(kernel, name) == PLAIN


def test_a_failing_addon_is_recorded(kernel: Kernel) -> None:
    csv_of(kernel, "breaks")

    with kernel.db.read() as session:
        assert [fault.place for fault in recorded(session, "breaks")] == ["hook:export_row"]


@pytest.mark.parametrize(
    "text", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "\n=1", "  =1", "\N{FULLWIDTH EQUALS SIGN}1"]
)
def test_text_that_looks_like_a_formula_is_no_formula(text: str) -> None:
    file = report_files.ReportFile("T", (text,), [(text,), (Decimal("-1.50"),)], 2)
    plain, book = io.BytesIO(), io.BytesIO()

    write_csv(file, plain)
    write_xlsx(file, book)

    sheet = load_workbook(book).worksheets[0]
    assert plain.getvalue().decode("utf-8-sig").lstrip('"').startswith(f"'{text}")
    assert plain.getvalue().endswith(b"\r\n-1.50\r\n")
    assert [sheet.cell(n, 1).data_type for n in (1, 2, 3)] == ["s", "s", "n"]


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), True, "x" * 40_000])
def test_odd_values_of_addons_spoil_no_file(value: object) -> None:
    file = report_files.ReportFile("T", ("A",), [(value,), (1,)], 2)
    book = io.BytesIO()

    write_csv(file, io.BytesIO())
    write_xlsx(file, book)

    sheet = load_workbook(book).worksheets[0]
    assert [sheet.cell(n, 1).data_type for n in (2, 3)] == ["s", "n"]


def test_more_rows_than_a_sheet_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_files, "EXCEL_ROWS", 3)
    file = report_files.ReportFile("T", ("A",), [(1,), (2,)], 2)

    write_xlsx(file, io.BytesIO())
    with pytest.raises(InputError, match="3 rows do not fit"):
        write_xlsx(report_files.ReportFile("T", ("A",), [(1,)] * 3, 2), io.BytesIO())
