"""What was really earned: an amount that nobody understood is mapped, and every level adds up."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.browser.premises import LANGUAGES
from tests.browser.premises import Premises
from tests.browser.premises import sign_in
from tests.browser.test_journeys import send_settlement
from tests.browser.walking import Walk
from tests.browser.walking import walking
from tests.web.conftest import settlement_text

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

MONTH = "main tbody tr:has(a[href*='key=2026-09'])"
CODE = "Robot Fee"


@pytest.mark.parametrize("language", LANGUAGES)
def test_unknown_fee_is_mapped_and_every_level_adds_up(
    chromium: Browser, premises: Premises, language: str
) -> None:
    with walking(chromium, premises.address, language) as walk:
        sign_in(walk, premises.token)
        premises.connect("amazon_settlements", "Payouts")
        send_settlement(walk, premises, settlement_text("51", "-8.00"))
        walk.open("/profit?by=month")
        assert amounts(walk, f"{MONTH} td.sum") == ["-5.00"]

        walk.open("/profit/missing")
        walk.click("main tbody a[href^='/settlements']")
        row = f"main tbody tr:has(th:has-text('{CODE}'))"
        walk.page.select_option(f"{row} select[name=account]", "6075")
        walk.click(f"{row} button")
        assert CODE not in walk.text()

        walk.open("/profit?by=month")
        assert amounts(walk, f"{MONTH} td.sum") == ["-8.00"]
        assert amounts(walk, "main tfoot tr:last-child td.num:not(:empty)")[-1] == "-8.00"
        walk.click(f"{MONTH} th a")
        profits = amounts(walk, "main tbody tr td.sum")
        assert sorted(profits) == ["-3.00", "-5.00"]
        walk.click("main tbody a[href^='/settlements/']")
        assert "51" in walk.text()

        sheet = downloaded(walk, "/x/profit_report/statement.xlsx?by=month")
        assert re.search(r"<v>-8(\.0+)?</v>", sheet)
        walk.within(clicks=10, minutes=4)


def amounts(walk: Walk, what: str) -> list[str]:
    """Return the amounts that stand in some cells."""
    cells = walk.page.locator(what).all_inner_texts()
    return [each.replace("\u2212", "-").replace(",", "").strip() for each in cells]


def downloaded(walk: Walk, path: str) -> str:
    """Return the first sheet of a workbook."""
    answer = walk.page.request.get(walk.address + path)
    assert answer.status == 200
    with zipfile.ZipFile(io.BytesIO(answer.body())) as book:
        return book.read("xl/worksheets/sheet1.xml").decode()
