"""The start page: it says what the pages say that it leads to, and asks as often however much."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from core import clock
from core.attention.kinds import KINDS
from core.attention.marking import Marked
from core.kernel.connections import create_connection
from core.ledger.models import Profit
from core.profits.cover import SHOWN
from core.profits.cover import stock_cover
from core.profits.daily import daily
from core.web.charts import HEIGHT
from core.web.charts import two_bars
from core.web.home import worries_of
from tests.web.conftest import Site
from tests.web.conftest import form_token
from tests.web.people import browser_of
from tests.web.people import make_user

TODAY = date(2026, 10, 15)


@contextmanager
def counted(site: Site) -> Iterator[list[str]]:
    """Note the queries that are asked."""
    asked: list[str] = []

    def note(*given: Any) -> None:
        asked.append(given[2])

    engine = site.kernel.db.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def mark(browser: FlaskClient, kind: str, **form: Any) -> Any:
    token = form_token(browser, "/account")
    return browser.post(f"/attention/{kind}", data={"csrf_token": token, **form})


def test_every_kind_of_worry_says_who_may_see_it(site: Site) -> None:
    with site.app.test_request_context(), site.kernel.db.read() as session:
        assert set(KINDS) == set(worries_of(session, site.company.id, TODAY))


def test_days_add_up_to_what_was_booked(site: Site) -> None:
    with site.kernel.db.read() as session:
        first, last = session.execute(
            sa.select(sa.func.min(Profit.booked_on), sa.func.max(Profit.booked_on)).where(
                Profit.company_id == site.company.id
            )
        ).one()
        days = daily(session, site.company.id, first, last)
        booked = session.scalar(
            sa.select(sa.func.sum(Profit.sales)).where(Profit.company_id == site.company.id)
        )
    whole = days.between(first, last)

    assert booked
    assert whole.profit == sum(earned.profit for _, earned in days.each())
    assert len(days.each()) == (last - first).days + 1
    assert days.on(first - timedelta(days=1)).net_sales == 0
    middle = first + (last - first) // 2
    assert days.between(first, middle) + days.between(middle + timedelta(days=1), last) == whole


def test_tiles_lead_to_what_they_count(site: Site, client: FlaskClient) -> None:
    page = client.get("/").text
    tiles = re.findall(r'<section class="tile".*?</section>', page, re.DOTALL)

    assert len(tiles) == 4
    for tile in tiles[:3]:
        link = re.search(r'href="(/orders\?[^"]+)">([\d,]+)', tile)
        assert link is not None
        listed = client.get(link[1].replace("&amp;", "&")).text
        assert re.search(rf"{link[2]} documents?</span>", listed)
    assert all(re.search(r'href="/profit\?by=sku&amp;from=', tile) for tile in tiles)


def test_the_page_asks_as_often_however_many_connections_and_users_there_are(
    site: Site, client: FlaskClient
) -> None:
    client.get("/")
    with counted(site) as few:
        client.get("/")

    with site.kernel.db.write() as session:
        for n in range(3):
            create_connection(session, "file_channel", f"home {n}", {}, company_id=site.company.id)
    for n in range(3):
        make_user(site, f"home.{n}", "support", site.company.id)
    with counted(site) as many:
        client.get("/")

    assert len(many) == len(few) <= 46
    assert "home 2" in client.get("/").text


def test_item_is_assigned_and_put_off_and_had_back(site: Site) -> None:
    owner = make_user(site, "home.ann", "owner", site.company.id)
    ann = browser_of(site, "home.ann")
    until = clock.now().date() + timedelta(days=9)

    mark(ann, "quarantined", user=owner, until=until.isoformat(), number="99")
    page = ann.get("/").text

    assert f"until {until}" in page
    assert 'translate="no"' in page
    assert "1 put off" in page
    undo = re.search(r'<form class="end".*?</form>', page, re.DOTALL)
    assert undo is not None
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', undo[0]))
    ann.post("/attention/quarantined", data=fields)
    assert not re.search(r"\d put off</summary>", ann.get("/").text)


@pytest.mark.parametrize(
    ("form", "status"),
    [({"user": "1"}, 404), ({"until": "2001-01-01"}, 303), ({"until": "never"}, 303)],
)
def test_what_cannot_be_said_changes_nothing(
    site: Site, client: FlaskClient, form: dict[str, str], status: int
) -> None:
    assert mark(client, "stored", **form).status_code == status
    assert not re.search(r"\d put off</summary>", client.get("/").text)
    assert mark(client, "nothing").status_code == 404


def test_what_is_put_off_comes_back_on_its_day_or_when_there_is_more() -> None:
    said = Marked(until_on=TODAY, number=3)

    assert said.is_put_off(TODAY - timedelta(days=1), 3)
    assert not said.is_put_off(TODAY, 3)
    assert not said.is_put_off(TODAY - timedelta(days=1), 4)


def test_stock_of_what_sells_lasts_so_many_days(site: Site) -> None:
    with site.kernel.db.read() as session:
        last = session.scalar(
            sa.select(sa.func.max(Profit.booked_on)).where(Profit.company_id == site.company.id)
        )
        assert last is not None
        found = stock_cover(session, site.company.id, "GBP", last)

    assert 0 < len(found) <= SHOWN
    known = [each.days for each in found if each.days is not None]
    assert known == sorted(known)
    assert all((each.days == 0) == (each.free <= 0) for each in found if each.days is not None)


def test_bars_of_a_chart_stay_inside_it() -> None:
    chart = two_bars([(100, -50), (0, 0), (40, 20)])

    assert all(bar.y >= 0 and bar.y + bar.height <= HEIGHT + 0.1 for bar in chart.bars)
    assert [bar.name for bar in chart.bars] == ["whole", "loss", "whole", "gain", "whole", "gain"]
    assert two_bars([]).bars == []
