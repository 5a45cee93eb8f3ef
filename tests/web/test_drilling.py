"""From every figure down to its source, and the sums agree at each step."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from core.ledger.listing import trial_balance
from core.ledger.models import Entry
from core.ledger.months import last_months
from core.ledger.profit import profit_report
from core.ledger.waterfall import PROFIT_LINES
from core.orders.models import Order
from core.orders.profit_lines import Figure
from core.orders.profit_lines import list_profit_lines
from core.orders.profit_lines import sources_without_line
from core.orders.profit_lines import sum_profit_lines
from core.orders.queries import order_profit
from core.paging import read_cursor
from core.stock.listing import StockFilter
from core.stock.listing import list_stock
from tests.web.conftest import Site

DIMENSIONS = ("order", "sku", "country", "shop", "month", "platform", "brand", "owner")
SPANS = ((None, None), (date(2026, 9, 15), date(2026, 10, 3)))


@pytest.mark.parametrize("by", DIMENSIONS)
@pytest.mark.parametrize(("start", "end"), SPANS)
def test_figures_are_the_sums_of_their_lines(
    site: Site, session: Session, by: str, start: date | None, end: date | None
) -> None:
    company = site.company.id
    report = profit_report(session, company, by, start=start, end=end)
    figures = {str(row.id or row.key): row.lines for row in report.rows}
    if by != "month":
        figures[""] = report.rest.lines

    assert figures
    for key, lines in figures.items():
        figure = Figure(by, key, start, end)
        assert sum_profit_lines(session, company, figure) == lines
        assert added_up(session, company, figure) == lines


def test_every_line_of_a_figure_has_its_source_row(site: Site, session: Session) -> None:
    company = site.company.id
    counted = 0

    for row in profit_report(session, company, "sku").rows:
        for page in pages(session, company, Figure("sku", str(row.id))):
            sources = sources_without_line(session, company, page)
            for line in page:
                assert line.raw_row_id or sources.get(line.id), line
                counted += 1

    assert counted > 130


@pytest.mark.parametrize("by", DIMENSIONS)
def test_source_row_is_two_links_from_a_figure(client: FlaskClient, by: str) -> None:
    report = client.get(f"/profit?by={by}").text
    lines = re.findall(r'<th scope="row"><a href="(/profit/lines[^"]+)"', report)
    page = client.get(lines[0].replace("&amp;", "&")).text

    rows = re.findall(r'href="(/raw/\d+)"', page)

    assert rows
    assert "As received" in client.get(rows[0]).text


def test_source_row_shows_each_cell_under_its_column(site: Site, client: FlaskClient) -> None:
    found = re.search(r'href="(/raw/\d+)"', client.get(order_page(site, "HF-1004")).text)
    assert found is not None

    page = client.get(found[1]).text

    cells = dict(re.findall(r'<th [^>]*no">(\w+)</th><td [^>]*no">([^<]*)</td>', page))
    assert cells["Document"] == "HF-1004"
    assert set(cells) == {
        *("Document", "Date", "Code", "Title", "Quantity", "Price", "Buyer", "Country")
    }


def test_order_page_profit_is_the_report_figure(site: Site, session: Session) -> None:
    report = profit_report(session, site.company.id, "order")

    for row in report.rows:
        assert row.id is not None
        assert order_profit(session, site.company.id, row.id) == row.lines


def test_months_on_the_start_page_are_those_of_the_report(site: Site, session: Session) -> None:
    report = {row.key: row for row in profit_report(session, site.company.id, "month").rows}

    months = last_months(session, site.company.id, 99)

    assert {f"{m.month:%Y-%m}": m.profit for m in months} == {
        key: row.profit for key, row in report.items()
    }


def test_stock_value_is_the_inventory_account(site: Site, session: Session) -> None:
    rows = list_stock(session, site.company.id, StockFilter(), None).rows
    balances = {row.code: row.amount for row in trial_balance(session, site.company.id)}

    assert sum(row.value for row in rows) == balances["1300"]
    assert sum(row.short for row in rows) == 4
    assert sum(balances.values()) == 0


def test_entry_page_balances(site: Site, client: FlaskClient) -> None:
    entry = site.rows(
        sa.select(Entry.id).where(
            Entry.company_id == site.company.id, Entry.narration == "Sale HF-1004"
        )
    )[0][0]

    page = client.get(f"/ledger/entries/{entry}").text

    totals = Counter[int]()
    first = page[: page.index("<h2>Postings")]
    for debit, credit in re.findall(
        r'<td class="num">([\d,.]*)</td><td class="num">([\d,.]*)</td></tr>', first
    ):
        totals[0] += round(float(debit.replace(",", "") or 0) * 100)
        totals[1] += round(float(credit.replace(",", "") or 0) * 100)
    assert totals[0] == totals[1] > 0


@pytest.mark.parametrize(
    "query", ["by=weekday", "by=month&key=13-2026", "by=sku&key=x", "by=sku&from=1"]
)
def test_address_that_means_nothing_is_refused(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/profit/lines?{query}")

    assert answer.status_code == 400


def added_up(session: Session, company_id: int, figure: Figure) -> dict[str, int]:
    sums = dict.fromkeys(PROFIT_LINES, 0)
    for page in pages(session, company_id, figure):
        for row in page:
            assert row.profit == sum(row._mapping[name] for name in PROFIT_LINES)
            for name in PROFIT_LINES:
                sums[name] += row._mapping[name]
    return sums


def pages(session: Session, company_id: int, figure: Figure):
    cursor = None
    while True:
        page = list_profit_lines(session, company_id, figure, cursor)
        yield page.rows
        if page.next is None:
            return
        cursor = read_cursor(page.next, int)


def order_page(site: Site, ref: str) -> str:
    query = sa.select(Order.id).where(
        Order.company_id == site.company.id, Order.external_ref == ref
    )
    return f"/orders/{site.rows(query)[0][0]}"
