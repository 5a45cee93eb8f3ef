"""Journeys of sellers through the pages in a real browser, in both languages, within their budgets.

The marketplaces are simulated; what has come in is compared with their own truth.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.premises import LANGUAGES
from tests.browser.premises import Premises
from tests.browser.premises import enter
from tests.browser.premises import paid
from tests.browser.premises import sign_in
from tests.browser.walking import Walk
from tests.browser.walking import walking
from tests.web.conftest import settlement_text

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("language", LANGUAGES)
def test_first_orders_come_within_ten_minutes(
    chromium: Browser, premises: Premises, language: str
) -> None:
    with walking(chromium, premises.address, language) as walk:
        sign_in(walk, premises.token)
        walk.click("main a[href='/setup']")
        walk.page.fill("#name", "Harbour 港湾")
        walk.page.select_option("#country", "CN")
        walk.page.fill("#currency", "CNY")
        walk.page.select_option("#timezone", "Asia/Shanghai")
        walk.click("main button.btn-primary")
        assert "Harbour 港湾" in walk.page.inner_text("header.topbar")

        walk.click("main a[href='/connections/add']")
        walk.click("main a[href='/connections/add/amazon']")
        enter(walk, premises, refresh_token="Atzr|wrong")
        walk.click("main button.btn-primary")
        walk.refused()
        enter(walk, premises)
        walk.click("main button.btn-primary")
        assert "Amazon UK" in walk.text()

        walk.open("/setup/connect")
        walk.click("main form[action$='/test'] button")
        assert walk.page.locator("main .notice.good").count() == 1
        walk.open("/setup/shops")
        walk.click("main form[action$='/run'] button")
        walk.until(lambda: premises.orders() >= paid(premises))
        walk.open("/orders")
        assert str(len(premises.orders())) in walk.page.inner_text("main nav.tabs")
        walk.open("/setup/skus")
        done = re.search(r"(\d+)\D+11", walk.page.inner_text("main nav.panel header"))

        assert premises.orders() <= premises.amazon.trade.sales.keys()
        assert done is not None
        assert int(done[1]) >= 5
        walk.within(clicks=25, minutes=10)


@pytest.mark.parametrize("language", LANGUAGES)
def test_authorisation_that_was_taken_back_is_seen_and_renewed(
    chromium: Browser, premises: Premises, language: str
) -> None:
    with walking(chromium, premises.address, language) as walk:
        sign_in(walk, premises.token)
        walk.open("/connections/add/amazon")
        enter(walk, premises)
        walk.click("main button.btn-primary")
        here = walk.page.url.removeprefix(premises.address)

        premises.amazon.revoke()
        walk.click(f"main form[action='{here}/run'] button")
        # What was under way before may still tell of its success: only then it is sure.
        walk.until(lambda: premises.state() == "needs_credentials" and not premises.is_busy())
        walk.open("/")
        assert walk.page.locator("main tbody a[href='/connections']:visible").count() == 1
        walk.click("main tbody a[href='/connections']")
        walk.click(f"main a[href='{here}']")
        assert walk.page.locator("main .notice.warn").count() >= 1
        assert premises.orders() == set()

        walk.page.fill("main [name=setting_refresh_token]", premises.amazon.refresh_token)
        walk.click(f"main form[action='{here}'] button.btn-primary")
        assert premises.state() == "ok"
        walk.click(f"main form[action='{here}/run'] button")
        walk.until(lambda: premises.orders() >= paid(premises))
        walk.open("/")
        assert walk.page.locator("main tbody a[href='/connections']:visible").count() == 0
        walk.within(clicks=12, minutes=4)


@pytest.mark.parametrize("language", LANGUAGES)
def test_settlement_comes_once_and_a_changed_one_is_kept_aside(
    chromium: Browser, premises: Premises, language: str
) -> None:
    with walking(chromium, premises.address, language) as walk:
        sign_in(walk, premises.token)
        premises.connect("amazon_settlements", "Payouts")

        seen = send_settlement(walk, premises, settlement_text("51", "-8.00"))
        assert seen.count("-8.00") == 2
        walk.open("/settlements")
        walk.click("main tbody th a")
        assert walk.text().count("-8.00") >= 2
        before = premises.entries()

        seen = send_settlement(walk, premises, settlement_text("51", "-8.00"))
        assert len(re.findall(r"20\d\d-\d\d-\d\d", seen)) == 3  # and since when it is known
        assert premises.statements() == {"51": "booked"}
        seen = send_settlement(walk, premises, settlement_text("52", "-8.01"))
        assert "0.01" in seen
        walk.open("/")
        assert walk.page.locator("main a[href='/settlements']:visible").count() >= 1
        assert premises.statements() == {"51": "booked", "52": "quarantined"}
        assert premises.entries() == before
        walk.open("/ledger")
        walk.within(clicks=10, minutes=4)


def send_settlement(walk: Walk, premises: Premises, text: str) -> str:
    """Send a file, read its preview, import it, and wait for the worker; return what was shown."""
    walk.open("/imports")
    walk.page.select_option("#kind", "settlements")
    walk.page.select_option("#connection", label="Payouts (amazon_settlements)")
    payload = {"name": "settlement.txt", "mimeType": "text/plain", "buffer": text.encode()}
    walk.page.set_input_files("#file", files=[payload])  # type: ignore[list-item]
    walk.click("#send button.btn-primary")
    walk.page.wait_for_selector("main .head button.btn-primary")
    seen = walk.text()
    walk.click("main .head button.btn-primary")
    walk.until(premises.is_idle)
    return seen
