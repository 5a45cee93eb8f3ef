"""What was really earned: what goods and fees cost is said, and every level adds up."""

from __future__ import annotations

import io
import re
import zipfile
from decimal import Decimal
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


SOLD = ("CUP", "JUG", "LAMP", "VASE")
SHARES = "main .sure-legend strong"


@pytest.mark.parametrize("language", LANGUAGES)
def test_missing_costs_and_fees_are_said_and_every_level_adds_up(
    chromium: Browser, premises: Premises, language: str
) -> None:
    with walking(chromium, premises.address, language) as walk:
        sign_in(walk, premises.token)
        premises.sell_elsewhere(
            *(f"{n} {sku} 1 @ 10.00 on 2026-09-0{n} to GB" for n, sku in enumerate(SOLD, 1))
        )
        premises.connect("amazon_settlements", "Payouts")
        send_settlement(walk, premises, settlement_text("51", "-8.00"))
        walk.open("/profit?by=month")
        assert amounts(walk, f"{MONTH} td.sum") == ["35.00"]
        assert amounts(walk, SHARES) == ["0 %", "0 %", "100 %"]

        walk.click("main .sure-legend .incomplete a")
        walk.click("main tbody a[href*='short']")
        lines = walk.page.input_value("#lines").strip().splitlines()
        assert [each.split() for each in lines] == [[sku, "1"] for sku in SOLD]
        walk.page.fill("#reference", "PO-1")
        walk.page.fill("#at", "2026-08-01T10:00")
        walk.page.fill("#lines", "\n".join(f"{each} 2.00" for each in lines))
        walk.click("#new button.btn-primary")
        walk.open("/profit?by=month")
        assert amounts(walk, f"{MONTH} td.sum") == ["27.00"]
        assert amounts(walk, SHARES) == ["0 %", "100 %", "0 %"]

        walk.open("/profit/missing")
        walk.click("main tbody a[href^='/settlements']")
        row = f"main tbody tr:has(th:has-text('{CODE}'))"
        walk.page.select_option(f"{row} select[name=account]", "6075")
        walk.click(f"{row} button")
        assert CODE not in walk.text()

        walk.open("/profit?by=month")
        assert amounts(walk, f"{MONTH} td.sum") == ["24.00"]
        assert amounts(walk, "main tfoot tr:last-child td.num:not(:empty)")[-1] == "24.00"
        walk.click(f"{MONTH} th a")
        assert sum(map(Decimal, amounts(walk, "main tbody tr td.sum"))) == 24
        walk.open("/profit?by=sku")
        assert amounts(walk, "main tbody tr:has(th:has-text('CUP')) td.sum") == ["8.00"]
        walk.click("main tbody tr:has(th:has-text('CUP')) th a")
        assert sum(map(Decimal, amounts(walk, "main tbody tr td.sum"))) == 8
        walk.click("main tbody a[href^='/orders/']")
        assert "CUP" in walk.text()

        sheet = downloaded(walk, "/x/profit_report/statement.xlsx?by=month")
        assert re.search(r"<v>24(\.0+)?</v>", sheet)
        walk.within(clicks=12, minutes=4)


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
