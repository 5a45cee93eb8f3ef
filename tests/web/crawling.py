"""Walking through the pages as a visitor would, link by link."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

from flask.testing import FlaskClient

LINK = re.compile(r'href="(/[^"#]*)')
NUMBER = re.compile(r"\d+")
PER_KIND = 2


@dataclass(frozen=True)
class Page:
    """An answer to a link; `text` is empty for what is no page."""

    address: str
    status: int
    text: str
    policy: str


def crawl(browser: FlaskClient, language: str, start: str = "/") -> Iterator[Page]:
    """Yield every kind of page, a few of each kind."""
    waiting, seen = [start], {start}
    kinds: dict[str, int] = {}
    while waiting:
        address = waiting.pop(0)
        kind = NUMBER.sub("#", address.partition("page=")[0])
        if kinds.setdefault(kind, 0) >= PER_KIND:
            continue
        kinds[kind] += 1
        answer = browser.get(address, headers={"Accept-Language": language})
        text = answer.text if answer.mimetype == "text/html" else ""
        policy = answer.headers["Content-Security-Policy"]
        yield Page(address, answer.status_code, text, policy)
        links = [*LINK.findall(text), (answer.location or "").partition("#")[0]]
        for link in links:
            found = link.replace("&amp;", "&")
            if found and found not in seen and not found.startswith(("/static", "/bootstrap")):
                seen.add(found)
                waiting.append(found)


class Texts(HTMLParser):
    """The texts of a page that a person reads or hears; not what was received from elsewhere."""

    SPOKEN = ("title", "placeholder", "aria-label", "alt")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._foreign = ""
        self.feed(page)

    def handle_data(self, data: str) -> None:
        """Keep a text node."""
        if not self._foreign:
            self.found.append(" ".join(data.split()))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the attributes that are shown."""
        if ("translate", "no") in attrs:
            self._foreign = tag
        self.found += [value or "" for name, value in attrs if name in self.SPOKEN]

    def handle_endtag(self, tag: str) -> None:
        """Leave what was received from elsewhere."""
        if tag == self._foreign:
            self._foreign = ""
