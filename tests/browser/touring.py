"""A tour of the pages: each kind of page once, in every language, theme and width."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from itertools import product
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from playwright.sync_api import Page

    from tests.browser.conftest import Shop

LOOKS = tuple(product(("en", "zh-CN"), ("light", "dark"), (1440, 390)))
"""Language, theme and width in pixels."""

NUMBER = re.compile(r"\d+")
TALL = 900
NO_PAGE = re.compile(r"/(static|bootstrap|api|raw/\d+/file|audit/export)|\.(csv|xlsx|json)\b")


@dataclass
class Visit:
    """A page that is open, and what the browser complained of while it came."""

    page: Page
    complaints: list[str] = field(default_factory=list)


@contextmanager
def visiting(
    chromium: Browser, shop: Shop, language: str, theme: str, width: int
) -> Iterator[Visit]:
    """Open a page of a signed-in visitor; other hosts, errors of script and policy are noted."""
    context = chromium.new_context(
        viewport={"width": width, "height": TALL}, color_scheme=theme, locale=language
    )
    page = context.new_page()
    visit = watch(page, shop.address)
    page.goto(f"{shop.address}/login")
    page.fill("input[name=token]", shop.token)
    with page.expect_navigation():
        page.click("main button.btn-primary")
    yield visit
    context.close()


def watch(page: Page, address: str) -> Visit:
    """Note what the browser complains of, and which other hosts are asked."""
    visit = Visit(page)
    page.on("console", lambda said: visit.complaints.append(said.text) if _bad(said) else None)
    page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    page.on("request", lambda asked: _note_foreign(visit, address, asked.url))
    return visit


def addresses(visit: Visit, shop: Shop, start: str = "/") -> Iterator[str]:
    """Open one page of each kind that links lead to, and yield its address while it is shown."""
    waiting, kinds = [start], set[str]()
    while waiting:
        address = waiting.pop(0)
        kind = NUMBER.sub("#", urlsplit(address).path)
        if kind in kinds or NO_PAGE.search(address):
            continue
        kinds.add(kind)
        answer = visit.page.goto(shop.address + address)
        assert answer is not None
        assert answer.status == 200, address
        yield address
        links = visit.page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
        waiting += [
            link.removeprefix(shop.address).partition("#")[0]
            for link in links
            if link.startswith(f"{shop.address}/")
        ]


def _bad(said: object) -> bool:
    return getattr(said, "type", "") in ("error", "warning")


def _note_foreign(visit: Visit, address: str, url: str) -> None:
    if not url.startswith((address, "data:")):
        visit.complaints.append(f"asked {url}")
