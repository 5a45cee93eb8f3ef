"""Pages and API of profit: of orders page by page, by other days, and why it changed."""

from __future__ import annotations

import json
import re
from datetime import date
from datetime import datetime
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from core.cli import build
from core.ledger.profit import profit_report
from core.paging import read_cursor
from core.profits.orders import OrderProfit
from core.profits.orders import OrdersAsked
from core.profits.orders import list_order_profits
from core.rates.saying import RateDraft
from core.rates.saying import say_rates
from tests.web.conftest import Site
from tests.web.test_api import Api
from tests.web.test_api import api

__all__ = ["api"]


def every(session: Session, company: int, asked: OrdersAsked, limit: int) -> list[OrderProfit]:
    """Return the orders of all pages, one after the other."""
    found: list[OrderProfit] = []
    cursor = None
    while True:
        page = list_order_profits(session, company, asked, cursor, limit=limit)
        found += page.rows
        if page.next is None:
            return found
        cursor = read_cursor(page.next, datetime.fromisoformat, int)


def test_orders_are_what_the_report_says_page_by_page(site: Site, session: Session) -> None:
    report = profit_report(session, site.company.id, "order")

    found = every(session, site.company.id, OrdersAsked(), 7)

    assert {row.id: (row.lines, row.state) for row in found} == {
        row.id: (row.lines, row.state) for row in report.rows
    }
    assert len({row.id for row in found}) == len(found)
    days = [row.ordered_on for row in found]
    assert days == sorted(days, reverse=True)


def test_orders_are_narrowed(site: Site, session: Session) -> None:
    company = site.company.id
    everything = every(session, company, OrdersAsked(), 200)
    first = everything[len(everything) // 2]
    day = first.ordered_on

    by_day = every(session, company, OrdersAsked(day, day), 200)
    by_country = every(session, company, OrdersAsked(country=first.country), 200)
    by_state = every(session, company, OrdersAsked(state=0), 200)
    by_number = every(session, company, OrdersAsked(ref=first.ref), 200)

    assert by_day == [row for row in everything if row.ordered_on == day]
    assert by_country == [row for row in everything if row.country == first.country]
    assert by_state
    assert {row.state for row in by_state} == {"estimated"}
    assert by_number == [row for row in everything if row.ref == first.ref]
    assert every(session, company, OrdersAsked(platform="none"), 200) == []
    assert every(session, site.other.id, OrdersAsked(ref=first.ref), 200) != by_number


def test_a_page_of_orders_leads_to_one_and_on_to_its_sources(client: FlaskClient) -> None:
    page = client.get("/profit/orders").text
    links = re.findall(r'href="(/profit/orders/\d+)"', page)
    order = client.get(links[0]).text
    lines = re.findall(r'href="(/profit/lines\?by=order[^"]+)"', order)

    assert "Net profit" in page
    assert "Since then" in order
    assert "Made up of" in client.get(unescape(lines[0])).text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("state=odd", "is no state of profit"),
        ("shop=x", "is not the number of a shop"),
        ("from=yesterday", "is not a day"),
        ("page=x", "damaged"),
    ],
)
def test_what_cannot_be_read_is_said(client: FlaskClient, query: str, said: str) -> None:
    answer = client.get(f"/profit/orders?{query}")

    assert answer.status_code == 400
    assert said in unescape(answer.text)


def test_an_order_of_nobody_is_not_found(client: FlaskClient) -> None:
    assert client.get("/profit/orders/1").status_code == 404


def test_the_bridge_is_shown(client: FlaskClient) -> None:
    page = client.get(
        "/profit/bridge?from=2026-08-01&to=2026-08-31&from2=2026-09-01&to2=2026-09-30"
    )

    assert page.status_code == 200
    assert "From estimate to now" in page.text
    assert client.get("/profit/bridge").status_code == 200
    assert client.get("/profit/bridge?from=2026-08-02&to=2026-08-01").status_code == 400


@pytest.mark.parametrize("basis", ["order", "ship", "payout"])
def test_profit_by_other_days_leads_to_its_lines(client: FlaskClient, basis: str) -> None:
    page = client.get(f"/profit?by=sku&basis={basis}&mode=attributed").text
    rows = re.findall(r'<th scope="row"><a href="(/profit/lines[^"]+)"', page)

    assert ("Left out, because" in page) == (basis == "payout")
    for link in rows[:2]:
        assert f"basis={basis}" in link
        assert client.get(unescape(link)).status_code == 200


def test_a_program_reads_what_was_earned(api: Api) -> None:
    world = api.life.world
    world.stock("MUG 9 @ 2.00 on 2010-11-29")
    world.orders(
        "1001 MUG 2 @ 10.00 on 2011-01-31 from ann",
        "1002 MUG 3 @ 11.00 on 2011-02-03 from bob",
    )
    key = api.program("reader", "profit.view", "costs.view", "money.view")

    def get(address: str, **query: object) -> Any:
        answer = api.get(f"/profit{address}", key, **query)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    months = get("")
    assert [(row["key"], row["lines"]) for row in months["rows"]] == [
        ("2011-01", {"sales": 2000, "cogs": -400}),
        ("2011-02", {"sales": 3300, "cogs": -600}),
    ]
    assert months["total"]["steps"]["net_profit"] == 4300
    orders = get("/orders", limit=1)
    assert [row["number"] for row in orders["items"]] == ["1002"]
    again = get("/orders", limit=1, cursor=orders["next"])["items"]
    assert [row["number"] for row in again] == ["1001"]
    assert get(f"/orders/{again[0]['id']}")["lines"] == {"sales": 2000, "cogs": -400}
    days = {"start": "2011-01-01", "end": "2011-01-31", "start2": "2011-02-01"}
    bridge = get("/bridge", **days, end2="2011-02-28")
    assert bridge["periods"]["before"] == 1600
    assert bridge["periods"]["after"] == 2700
    assert sum(bridge["periods"]["effects"].values()) == 1100
    assert api.get("/profit", api.program("other", "orders.view")).status_code == 403


def test_commands_show_orders_and_the_bridge(site: Site, session: Session) -> None:
    first = every(session, site.company.id, OrdersAsked(), 50)[0]

    def run(*words: str) -> Any:
        done = CliRunner().invoke(
            build(), ["profit", *words, "--company", site.company.code, "--json"], obj=site.config
        )
        assert done.exit_code == 0, done.output
        return json.loads(done.output)

    shown = run("orders", "--number", first.ref)["orders"]
    bridge = run("bridge", "2026-08-01", "2026-08-31", "2026-09-01", "2026-09-30")

    assert [Decimal(row["net_profit"]) for row in shown] == [Decimal(first.profit).scaleb(-2)]
    assert bridge["in"] == site.company.currency
    change = Decimal(bridge["after"]) - Decimal(bridge["before"])
    assert sum(map(Decimal, bridge["effects"].values())) == change


def test_the_report_is_shown_in_another_currency_by_a_rate_that_is_said(
    client: FlaskClient, site: Site
) -> None:
    draft = RateDraft(site.company.currency, "KZT", date(2026, 1, 1), "175.5")
    with site.kernel.db.write() as session:
        say_rates(session, site.company.id, [draft], origin="test", actor="test")

    page = unescape(client.get("/profit?by=sku&to=2026-09-30&currency=KZT").text)
    without = unescape(client.get("/profit?by=sku&currency=GEL&rate_on=2026-09-01").text)

    assert f"1 {site.company.currency} = 175.5 KZT, of 2026-01-01" in page
    assert "(own, 2026-01-01)" in page
    assert "There are no figures in GEL" in without
    assert f"entrepot rates add {site.company.currency} GEL RATE --on 2026-09-01" in without
    assert "<tbody>" not in without


@pytest.mark.parametrize("query", ["currency=original", "costs=shared", "by=brand&costs=shared"])
def test_the_report_is_shown_otherwise_and_leads_to_its_lines(
    client: FlaskClient, query: str
) -> None:
    page = client.get(f"/profit?{query}").text
    links = re.findall(r'<th scope="row"><a href="(/profit/lines[^"]+)"', page)

    assert links
    for link in (links[0], links[-1]):
        assert client.get(unescape(link)).status_code == 200
    assert ("Profit after sharing" in page) == ("shared" in query)
    assert ("In the books" in page) == ("original" in query)
    assert client.get("/profit?currency=original&mode=settled").status_code == 400
    assert client.get("/profit/bridge?costs=shared").status_code == 200


def test_a_program_reads_shares_and_other_currencies(api: Api) -> None:
    world = api.life.world
    world.rates("EUR/GBP 0.8 on 2011-01-31")
    world.stock("MUG 9 @ 2.00 on 2010-11-29")
    world.orders("1001 MUG 2 @ 10.00 on 2011-01-31 from ann")
    key = api.program("reader", "profit.view", "costs.view", "money.view")

    def get(**query: object) -> Any:
        answer = api.get("/profit", key, by="sku", end="2011-01-31", **query)
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    euros = get(currency="EUR")
    assert euros["rate"] == {
        "told": "EUR/GBP 0.8 (own, 2011-01-31)",
        "rate": "1.25",
        "day": "2011-01-31",
    }
    assert euros["rows"][0]["lines"] == {"sales": 2500, "cogs": -500}
    francs = get(currency="CHF")
    assert (francs["rows"], francs["total"]) == (None, None)
    assert francs["missing"]["reason"].startswith("There is no rate from GBP to CHF")
    assert get(currency="original")["booked"] == 1600
    shared = get(shared="true")["rows"][0]
    assert (shared["direct"], shared["allocated"]) == (1600, 0)
