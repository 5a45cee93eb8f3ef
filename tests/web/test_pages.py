"""Every page in both languages: it answers, and speaks one language only."""

from __future__ import annotations

import re

import pytest
from babel.messages.pofile import read_po
from flask.testing import FlaskClient

from core.web.i18n import FOLDER
from tests.web.conftest import Site
from tests.web.crawling import Texts
from tests.web.crawling import crawl

KINDS = {
    "/",
    "/orders",
    "/orders/#",
    "/orders?attention=#",
    "/stock",
    "/stock/#",
    "/profit?by=month",
    "/profit/lines?by=sku&key=#",
    "/ledger",
    "/ledger/entries",
    "/ledger/entries/#",
    "/imports",
    "/imports/#",
    "/raw/#",
    "/addons",
    "/addons/tax_uk",
}


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_page_answers(client: FlaskClient, language: str) -> None:
    met = set()

    for address, answer in crawl(client, language):
        met.add(re.sub(r"\d+", "#", address))
        assert answer.status_code in (200, 302), address

    assert met >= KINDS


def test_chinese_pages_hold_no_english_text_of_ours(client: FlaskClient) -> None:
    ours = english_texts()

    for address, answer in crawl(client, "zh-CN"):
        if address.startswith("/x/") or answer.mimetype != "text/html":
            continue
        left = [text for text in Texts(answer.text).found if text in ours]
        assert not left, address


def test_pages_carry_no_inline_script_or_style(client: FlaskClient) -> None:
    for address, answer in crawl(client, "en"):
        if answer.mimetype != "text/html":
            continue
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", answer.text), (
            address
        )
        assert not re.search(r'(src|href)="(https?:)?//', answer.text), address
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"], address


def test_ids_on_a_page_are_unique(client: FlaskClient) -> None:
    for address, answer in crawl(client, "en"):
        if answer.mimetype != "text/html":
            continue
        ids = re.findall(r'\sid="([^"]+)"', answer.text)
        assert len(ids) == len(set(ids)), address


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
