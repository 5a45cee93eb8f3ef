"""Lists: filters in the address, counts, and pages that neither skip nor repeat a row."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from core import paging
from core.errors import InputError
from core.kernel.models import Setting
from core.orders.models import Order
from core.orders.queries import OrderFilter
from core.orders.queries import count_orders
from core.orders.queries import list_orders
from core.paging import Count
from core.paging import Cursor
from core.paging import count_rows
from core.paging import fetch_page
from core.paging import read_cursor
from tests.web.conftest import Site

FILTERS = (
    ("", OrderFilter(), 69),
    ("kind=credit_note", OrderFilter(kind="credit_note"), 6),
    ("country=US", OrderFilter(country="US"), None),
    ("attention=1", OrderFilter(attention=True), 0),
    ("text=CN-", OrderFilter(text="CN-"), 6),
    ("text=%25", OrderFilter(text="%"), 0),
    ("kind=sale&state=closed", OrderFilter(kind="sale", state="closed"), 0),
)


@pytest.mark.parametrize(("query", "narrow", "number"), FILTERS)
def test_filter_shows_what_it_counts(
    site: Site, client: FlaskClient, query: str, narrow: OrderFilter, number: int | None
) -> None:
    with site.kernel.db.read() as session:
        count = count_orders(session, site.company.id, narrow).number
        shown = walk(session, site.company.id, narrow)

    assert len(shown) == len(set(shown)) == count
    assert number in (None, count)
    text = re.sub(r"<[^>]+>", " ", client.get(f"/orders?{query}").text)
    assert f" {count} document" in text


def test_filter_stays_in_the_address_of_the_next_page(client: FlaskClient) -> None:
    first = client.get("/orders?kind=sale").text
    link = re.search(r'rel="next" href="([^"]+)"', first)
    assert link is not None

    second = client.get(link[1].replace("&amp;", "&")).text

    assert "kind=sale" in link[1]
    back = re.search(r'rel="prev" href="([^"]+)"', second)
    assert back is not None
    again = client.get(back[1].replace("&amp;", "&")).text
    assert documents(again) == documents(first)
    assert not set(documents(first)) & set(documents(second))


def test_stock_list_is_narrowed(client: FlaskClient) -> None:
    assert "LAMP-BRS" in client.get("/stock?show=short").text
    assert "MUG-BLU" not in client.get("/stock?show=short").text
    assert "MUG-BLU" in client.get("/stock?text=MUG").text
    assert "LAMP-BRS" not in client.get("/stock?show=in").text
    assert "LAMP-BRS" in client.get("/stock?show=out").text


@pytest.mark.parametrize("page", ["nonsense", "W10", "WzEsMl0", "é", "WzAsInRvZGF5IiwxXQ"])
def test_damaged_cursor_is_refused(client: FlaskClient, page: str) -> None:
    assert client.get(f"/orders?page={page}").status_code == 400


def test_cursor_reads_back_what_was_written() -> None:
    moment = datetime.fromisoformat("2026-10-01T10:00:00+00:00")

    cursor = read_cursor(Cursor((moment, 7), backwards=True).text(), datetime.fromisoformat, int)

    assert cursor == Cursor((moment, 7), backwards=True)


def test_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(InputError):
        read_cursor(Cursor(("A", 1)).text(), str)


@given(
    keys=st.lists(st.integers(0, 6), max_size=30),
    limit=st.integers(1, 8),
    descending=st.booleans(),
)
def test_pages_hold_every_row_once_both_ways(keys: list[int], limit: int, descending: bool) -> None:
    metadata = sa.MetaData()
    table = sa.Table("t", metadata, sa.Column("k", sa.Integer), sa.Column("id", sa.Integer))
    engine = sa.create_engine("sqlite://")
    with Session(engine) as session:
        metadata.create_all(session.connection())
        rows = [{"k": key, "id": place} for place, key in enumerate(keys)]
        if rows:
            session.execute(table.insert(), rows)
        wanted = sorted(((r["k"], r["id"]) for r in rows), reverse=descending)

        forth, back = both_ways(session, table, limit, descending)

    engine.dispose()
    assert forth == wanted
    assert back == wanted


def both_ways(
    session: Session, table: sa.Table, limit: int, descending: bool
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    def page(text: str | None):
        cursor = read_cursor(text, int, int)
        key = (table.c.k, table.c.id)
        return fetch_page(session, sa.select(*key), key, cursor, descending=descending, limit=limit)

    forth = [page(None)]
    while forth[-1].next:
        forth.append(page(forth[-1].next))
    back = [forth[-1]]
    while back[-1].previous:
        back.append(page(back[-1].previous))
    return (
        [tuple(row) for each in forth for row in each.rows],
        [tuple(row) for each in reversed(back) for row in each.rows],
    )


def walk(session: Session, company_id: int, narrow: OrderFilter) -> list[int]:
    found: list[int] = []
    cursor = None
    while True:
        page = list_orders(session, company_id, narrow, cursor, 7)
        found += [row.id for row in page.rows]
        if page.next is None:
            return found
        cursor = read_cursor(page.next, datetime.fromisoformat, int)


def documents(page: str) -> list[str]:
    return re.findall(r'href="/orders/(\d+)"', page)


def test_count_of_no_rows_is_zero(site: Site) -> None:
    with site.kernel.db.read() as session:
        assert count_rows(session, sa.select(Setting.addon).where(sa.false())) == Count(
            0, more=False
        )


def test_count_stops_where_it_is_of_no_more_use(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "COUNT_LIMIT", 10)

    with site.kernel.db.read() as session:
        counted = count_rows(session, sa.select(Order.id))

    assert counted == Count(10, more=True)
