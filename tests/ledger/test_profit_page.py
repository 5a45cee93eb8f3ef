"""The page of the profit statement in the whole application, and its files."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from flask.testing import FlaskClient
from openpyxl import load_workbook

from core.app import create_app
from core.config import ROOT
from core.config import Config
from core.identity import first_run
from core.identity import sessions
from core.kernel import lifecycle
from core.kernel.companies import CompanyInfo
from core.kernel.kernel import Kernel
from core.web.current import EXTENSION
from core.web.guarding import SESSION_COOKIE
from core.web.i18n import COOKIE

PAGE = "/x/profit_report/"
CORE_PAGES = ("/", "/orders", "/stock", "/profit", "/profit?by=sku", "/ledger", "/addons")
ADDRESSES = (PAGE, f"{PAGE}statement.csv", f"{PAGE}statement.xlsx")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Show pages on one engine: the figures are tried on both without them."""
    return sqlite_url


@pytest.fixture
def client(kernel: Kernel, company: CompanyInfo, tmp_path: Path) -> Iterator[FlaskClient]:
    """Return a browser whose visitor is signed in."""
    with kernel.db.write() as session:
        token = first_run.ensure_admin(session, tmp_path)
        owner = first_run.owner_of_token(session, token or "")
        assert owner is not None
        secret = sessions.open_session(session, owner)
    app = create_app(Config(tmp_path, str(kernel.config.database_url), (ROOT / "addons",)))
    client = app.test_client()
    client.set_cookie(SESSION_COOKIE, secret)
    yield client
    app.extensions[EXTENSION].db.dispose()


def words(html: str) -> str:
    """Return the text of a page, its parts separated by single spaces."""
    return " ".join(re.sub(r"<[^>]*>", " ", html.partition("<main")[2]).split())


def read_csv(client: FlaskClient, query: str) -> list[dict[str, str]]:
    answer = client.get(f"{PAGE}statement.csv?{query}")
    assert answer.status_code == 200
    assert answer.content_type == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def test_the_page_goes_from_sales_to_net_profit(client: FlaskClient) -> None:
    shown = words(client.get(PAGE).text)

    for step in (
        "Sales 161.50",
        "Net revenue 155.00 100.0 %",
        "Cost of goods -35.00",
        "Gross margin (CM1) 124.50",
        "After fulfilment (CM2) 114.51",
        "After marketing (CM3) 112.51",
        "Overhead -103.33",
        "Net profit 8.07 5.2 %",
    ):
        assert step in shown
    assert "January 2026" in shown
    assert "Not allocated" not in shown


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("country", "Germany 88.00 67.00 67.00 67.00 67.00 Estimated"),
        ("sku", "MUG Blue mug 134.00 111.00"),
        ("shop", "Second 5.00 3.50"),
        ("order", "O-2 88.00 67.00"),
    ],
)
def test_the_page_shows_each_dimension(client: FlaskClient, by: str, expected: str) -> None:
    shown = words(client.get(f"{PAGE}?by={by}").text)

    assert expected in shown
    assert "Not allocated" in shown


def test_the_page_shows_every_line_that_is_not_empty(client: FlaskClient) -> None:
    shown = words(client.get(f"{PAGE}?by=country&lines=all&to=2026-01-31").text)

    assert "Germany 88.00 – – 88.00 -21.00 67.00 67.00 67.00 67.00 Estimated" in shown
    assert "United Kingdom 40.00 5.00 -3.00 42.00 -8.00 34.00" in shown


def test_the_page_is_of_the_days_that_were_asked_for(client: FlaskClient) -> None:
    shown = words(client.get(f"{PAGE}?by=order&from=2026-01-20&to=2026-02-10").text)

    assert "Net profit 60.00" in shown
    assert "O-4" not in shown


def test_days_without_bookings_are_said_to_be_empty(client: FlaskClient) -> None:
    assert "Nothing earned or spent" in client.get(f"{PAGE}?from=2030-01-01").text


@pytest.mark.parametrize(
    "query",
    [
        "by=colour",
        "from=yesterday",
        "to=2026-13-01",
        "page=0",
        "page=x",
        "from=2026-02-01&to=2026-01-01",
    ],
)
def test_a_question_that_makes_no_sense_is_refused(client: FlaskClient, query: str) -> None:
    assert client.get(f"{PAGE}?{query}").status_code == 400


def test_a_row_leads_to_the_bookings_that_it_is_the_sum_of(client: FlaskClient) -> None:
    html = client.get(f"{PAGE}?by=sku&from=2026-01-01").text
    address = re.search(r'href="(/profit/lines[^"]*)">MUG<', html)

    assert address
    lines = client.get(address[1].replace("&amp;", "&"))
    assert lines.status_code == 200
    assert "111.00" in words(lines.text)


def test_a_long_statement_comes_in_pages(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("addons.profit_report.views.PAGE_SIZE", 4)

    first, second = (words(client.get(f"{PAGE}?by=order&page={n}").text) for n in (1, 2))

    refs = ("F-1", "O-1", "O-2", "O-3", "O-4", "S-1")
    assert [[ref for ref in refs if ref in page] for page in (first, second)] == [
        ["O-1", "O-2", "O-4", "S-1"],
        ["F-1", "O-3"],
    ]
    assert "Next" in first
    assert "Previous" in second


def test_the_page_speaks_chinese(client: FlaskClient) -> None:
    client.set_cookie(COOKIE, "zh_Hans")

    html = client.get(f"{PAGE}?by=sku").text

    assert "<h1>利润表</h1>" in html
    assert "净利润" in html
    assert "Profit statement" not in html
    # The menu speaks it on the pages of the core too.
    assert "利润表" in client.get("/orders").text


def test_every_text_is_translated() -> None:
    folder = ROOT / "addons" / "profit_report"
    template = (folder / "templates/profit_report/show.html").read_text("utf-8")
    statement = (folder / "statement.py").read_text("utf-8")
    said = set(re.findall(r"_\('([^']+)'", template))
    said |= set(re.findall(r'ReportColumn\(\s*"\w+", "([^"]+)"', statement))
    said |= set(re.findall(r'": "([^"]+)",', statement)) | {"Profit statement"}
    with (folder / "translations/zh_Hans/LC_MESSAGES/messages.po").open("rb") as stream:
        catalogue = {str(each.id): each.string for each in read_po(stream) if each.id}

    assert said - {key for key, text in catalogue.items() if text} == set()
    assert len(said) > 30


def test_the_csv_file_has_the_rows_the_rest_and_the_total(client: FlaskClient) -> None:
    rows = read_csv(client, "by=country")

    assert [row["Country"] for row in rows] == ["DE", "GB", "FR", "Not allocated", "Total"]
    assert [row["Net profit"] for row in rows] == ["67.00", "40.07", "1.00", "-100.00", "8.07"]
    assert [row["State"] for row in rows] == ["estimated"] * 3 + ["", ""]


def test_the_workbook_has_the_same_figures(client: FlaskClient) -> None:
    answer = client.get(f"{PAGE}statement.xlsx?by=country&from=2026-01-01&to=2026-04-30")

    sheet = load_workbook(io.BytesIO(answer.data)).worksheets[0]
    header, *rows = sheet.iter_rows(values_only=True)
    place = header.index("Net profit")
    assert [row[place] for row in rows] == [67, 40.07, 1, -100, 8.07]
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="profit-by-country_2026-01-01_2026-04-30.xlsx"'
    )
    assert answer.headers["Cache-Control"] == "no-store"


def test_other_kinds_of_files_are_not_there(client: FlaskClient) -> None:
    assert client.get(f"{PAGE}statement.pdf").status_code == 404


def test_who_is_not_signed_in_sees_nothing(client: FlaskClient) -> None:
    client.delete_cookie(SESSION_COOKIE)

    for address in ADDRESSES:
        answer = client.get(address)
        assert (answer.status_code, "/login" in answer.headers["Location"]) == (302, True)


def test_a_disabled_addon_is_gone_and_the_pages_of_the_core_remain(
    client: FlaskClient, kernel: Kernel
) -> None:
    assert PAGE in client.get("/orders").text
    lifecycle.disable(kernel, "profit_report")

    assert {client.get(address).status_code for address in ADDRESSES} == {404}
    for address in CORE_PAGES:
        answer = client.get(address)
        assert (address, answer.status_code) == (address, 200)
        assert PAGE not in answer.text

    lifecycle.enable(kernel, "profit_report")
    assert client.get(PAGE).status_code == 200


def test_the_statement_after_sharing_has_the_same_total(client: FlaskClient) -> None:
    before, after = read_csv(client, "by=country"), read_csv(client, "by=country&costs=shared")

    assert after[-1]["Net profit"] == before[-1]["Net profit"]
    assert [row["Direct profit"] for row in after] == [row["Net profit"] for row in before]
    assert after[-1]["Shared out"] == "0.00"
    page = client.get(f"{PAGE}?by=country&costs=shared").text
    assert "Profit statement" in page
    assert "costs=shared" in page
