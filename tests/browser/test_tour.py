"""Every kind of page, both languages, both themes, wide and narrow: no fault of accessibility."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Shop
from tests.browser.touring import LOOKS
from tests.browser.touring import addresses
from tests.browser.touring import visiting

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
FEWEST = 25
"""Kinds of pages that links lead to, at least."""


@pytest.mark.parametrize(("language", "theme", "width"), LOOKS)
def test_axe_finds_nothing_and_the_browser_complains_of_nothing(
    chromium: Browser, shop: Shop, language: str, theme: str, width: int
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    faults: list[str] = []
    seen = 0

    with visiting(chromium, shop, language, theme, width) as visit:
        for address in addresses(visit, shop):
            seen += 1
            for found in axe.run(visit.page).response["violations"]:
                where = [node["target"] for node in found["nodes"][:3]]
                faults.append(f"{address}: {found['id']} {where}")
            if visit.page.evaluate(OVERFLOW) > 0:
                faults.append(f"{address}: wider than the window")
            faults += [f"{address}: {each}" for each in visit.complaints]
            visit.complaints.clear()

    assert seen >= FEWEST
    assert faults == []
