"""A person on the way through the pages: what is clicked is counted, and nothing may go wrong."""

from __future__ import annotations

import time
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING

from tests.browser.touring import Visit
from tests.browser.touring import watch

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from playwright.sync_api import Page

PATIENCE = 120.0
"""Seconds until a worker has done what was asked of it."""


@dataclass
class Walk:
    """A page and its budget: how often was clicked, and since when."""

    page: Page
    address: str
    visit: Visit
    clicks: int = 0
    since: float = field(default_factory=time.monotonic)

    def open(self, path: str) -> None:
        """Open a page by its address, as a link in a message would."""
        self.page.goto(self.address + path)

    def click(self, what: str) -> None:
        """Click something that leads to another page."""
        self.clicks += 1
        with self.page.expect_navigation():
            self.page.click(what)

    def press(self, what: str) -> None:
        """Click something that changes what is shown of the page."""
        self.clicks += 1
        self.page.click(what)

    def tick(self, what: str) -> None:
        """Tick a box."""
        self.clicks += 1
        self.page.check(what)

    def text(self) -> str:
        """Return what the page says."""
        return self.page.inner_text("main")

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until somebody else, such as a worker, has done something."""
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, self.text()[:2000]
            self.page.wait_for_timeout(100)

    def refused(self) -> None:
        """Say that the last form was refused on its page; the browser notes the status too."""
        noted = [each for each in self.visit.complaints if "with a status of 4" in each]
        assert self.visit.complaints == noted
        assert len(noted) == 1
        assert self.page.locator("main [role=alert]").count() >= 1
        self.visit.complaints.clear()

    def within(self, clicks: int, minutes: float) -> None:
        """Say that the way was short enough, and that the browser complained of nothing."""
        assert self.visit.complaints == [], self.visit.complaints
        assert self.clicks <= clicks
        assert time.monotonic() - self.since <= minutes * 60


@contextmanager
def walking(chromium: Browser, address: str, language: str) -> Iterator[Walk]:
    """Open a browser at the sign-in page."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale=language)
    page = context.new_page()
    visit = watch(page, address)
    try:
        yield Walk(page, address, visit)
    finally:
        context.close()
