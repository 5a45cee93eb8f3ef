"""Every page in both languages: it answers, and speaks one language only."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from babel.messages.pofile import read_po
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from core.orders.models import Order
from core.orders.models import OrderLine
from core.web.i18n import FOLDER
from core.web.menu import CORE
from core.web.menu import WITHIN
from tests.web.conftest import Site
from tests.web.conftest import sign_in
from tests.web.crawling import Page
from tests.web.crawling import Texts
from tests.web.crawling import crawl

WORRIES = ("Sold beyond stock", "Waiting to be booked", "Quarantined rows")

KINDS = {
    "/",
    "/orders",
    "/orders/#",
    "/orders?attention=#",
    "/stock",
    "/stock/#",
    "/stock/#/handle",
    "/stock/transfers",
    "/stock/counts",
    "/stock/warehouses",
    "/products/mapping",
    "/products/publishing",
    "/products/oversold",
    "/profit?by=month",
    "/profit/lines?by=sku&key=#",
    "/profit/orders",
    "/profit/orders/#",
    "/profit/bridge",
    "/ledger",
    "/ledger/entries",
    "/ledger/entries/#",
    "/profit/missing",
    "/settlements",
    "/settlements/#",
    "/imports",
    "/imports/#",
    "/raw/#",
    "/addons",
    "/addons/tax_uk",
    "/addons/tax_uk/settings",
    "/connections",
    "/connections/#",
    "/connections/add",
    "/connections/add/file_channel",
}


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_page_is_sound(site: Site, language: str) -> None:
    # One test, for to walk through all pages takes longer than to look at them.
    browser = site.visitor()
    sign_in(browser, site.new_token())
    pages = list(crawl(browser, language))

    all_answer(pages)
    chinese_pages_hold_no_english_text_of_ours(pages)
    they_carry_no_inline_script_or_style(pages)
    their_ids_are_unique(pages)
    no_attribute_holds_a_word_of_python([site.visitor().get("/login").text])
    no_attribute_holds_a_word_of_python([page.text for page in pages])


def all_answer(pages: list[Page]) -> None:
    met = {re.sub(r"\d+", "#", page.address) for page in pages}

    assert not [page.address for page in pages if page.status not in (200, 302)]
    assert met >= KINDS


def chinese_pages_hold_no_english_text_of_ours(pages: list[Page]) -> None:
    ours = english_texts()

    for page in pages:
        if '<html lang="zh-Hans"' in page.text and not page.address.startswith("/x/"):
            left = [text for text in Texts(page.text).found if text in ours]
            assert not left, page.address


def they_carry_no_inline_script_or_style(pages: list[Page]) -> None:
    inline = re.compile(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)")
    foreign = re.compile(r'(src|href)="(https?:)?//')

    for page in pages:
        assert not inline.search(page.text), page.address
        assert not foreign.search(page.text), page.address
        assert "default-src 'self'" in page.policy, page.address


def their_ids_are_unique(pages: list[Page]) -> None:
    for page in pages:
        ids = re.findall(r'\sid="([^"]+)"', page.text)
        assert len(ids) == len(set(ids)), page.address


@pytest.mark.parametrize(
    ("wish", "language"),
    [("zh-TW,zh;q=0.9", "zh-Hans"), ("de,en;q=0.5", "en"), ("fr", "en"), ("", "en")],
)
def test_language_follows_the_browser(site: Site, wish: str, language: str) -> None:
    answer = site.visitor().get("/login", headers={"Accept-Language": wish})

    assert f'<html lang="{language}"' in answer.text


def test_chosen_language_wins_over_the_browser(site: Site, client: FlaskClient) -> None:
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/").text)
    assert token is not None

    form = {"csrf_token": token[1], "language": "zh_Hans", "next": "/stock?show=short"}
    answer = client.post("/preferences", data=form)

    assert answer.location == "/stock?show=short"
    page = client.get("/stock", headers={"Accept-Language": "en"})
    assert '<html lang="zh-Hans"' in page.text


def test_theme_is_kept(client: FlaskClient) -> None:
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/").text)
    assert token is not None

    client.post("/preferences", data={"csrf_token": token[1], "theme": "dark", "next": "/"})

    assert 'data-theme="dark"' in client.get("/").text


def english_texts() -> set[str]:
    """Return our English texts that are written otherwise in Chinese."""
    with (FOLDER / "zh_Hans" / "LC_MESSAGES" / "messages.po").open("rb") as stream:
        catalogue = read_po(stream)
    return {
        str(message.id)
        for message in catalogue
        if message.id and isinstance(message.id, str) and message.id != message.string
    }


def test_start_page_counts_what_needs_a_person(site: Site) -> None:
    browser = site.visitor()
    sign_in(browser, site.new_token())

    texts = Texts(browser.get("/").text).found

    said = [text for text in texts[texts.index("Needs attention") :] if text]
    figures = {name: next(filter(str.isdigit, said[said.index(name) :])) for name in WORRIES}
    assert figures["Sold beyond stock"] == "1"
    assert figures["Waiting to be booked"] == "0"
    assert figures["Quarantined rows"] == "1"


def no_attribute_holds_a_word_of_python(pages: list[str]) -> None:
    for html in pages:
        assert re.search(r'="(None|True|False)"', html) is None


def test_order_sold_beyond_stock_says_where_its_goods_are(
    client: FlaskClient, session: Session, site: Site
) -> None:
    short = sa.select(OrderLine.order_id).where(
        OrderLine.company_id == site.company.id, OrderLine.flag == "short"
    )
    orders = sa.select(Order.id).where(Order.company_id == site.company.id, Order.kind == "sale")
    other = orders.where(Order.id.not_in(short)).limit(1)

    note = "What was sold beyond stock is not among these moves"
    assert note in client.get(f"/orders/{session.scalar(short)}").text
    assert note not in client.get(f"/orders/{session.scalar(other)}").text


def test_each_page_stands_under_an_entry_of_the_menu(site: Site, client: FlaskClient) -> None:
    groups = {item.endpoint.partition(".")[0] for item in CORE}
    assert set(WITHIN.values()) <= groups
    assert set(WITHIN) <= set(site.app.blueprints)

    for address, entry in (
        ("/periods", "/ledger"),
        ("/stock/transfers", "/stock"),
        ("/bills", "/ledger"),
    ):
        found = re.findall(r'<a href="([^"]+)" aria-current="page"', client.get(address).text)
        assert entry in found[0]
