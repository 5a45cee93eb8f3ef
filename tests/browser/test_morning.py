"""The morning queue: what waits is found, decided and taken back, with the mouse and without."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.browser.premises import LANGUAGES
from tests.browser.premises import Premises
from tests.browser.premises import connect_amazon
from tests.browser.premises import counted
from tests.browser.premises import sign_in
from tests.browser.walking import Walk
from tests.browser.walking import walking

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

VIEW = "nav.tabs a:has-text('待审 to review')"
BOXES = "main input[name=order]"


@pytest.mark.parametrize("language", LANGUAGES)
def test_morning_queue_is_worked_through(
    chromium: Browser, premises: Premises, language: str
) -> None:
    known, unknown = sorted(premises.amazon.trade.products)[:2]
    premises.fill_warehouse(unknown)
    premises.hold_what_comes()
    premises.sell(known, 17)
    with walking(chromium, premises.address, language) as walk:
        sign_in(walk, premises.token)
        connect_amazon(walk, premises)

        address = save_view(walk)
        waiting = counted(walk, f"{VIEW} .count")
        assert waiting == walk.page.locator(BOXES).count() >= 17

        take_back_what_went_on_too_soon(walk)
        walk.open(address)
        assert counted(walk, f"{VIEW} .count") == waiting
        go_without_a_mouse(walk)

        walk.open(address)
        assert decide(walk, "approve", "good") == waiting
        walk.open(address)
        assert walk.page.locator(BOXES).count() == 0

        walk.open("/orders?exception=unmapped")
        assert decide(walk, "approve", "bad") >= 1
        say_what_the_code_means(walk)
        walk.within(clicks=20, minutes=4)


def save_view(walk: Walk) -> str:
    """Keep what waits as a view: a tab with its count, and an address to be sent to others."""
    walk.open("/orders")
    walk.page.select_option("#country", "GB")
    walk.page.wait_for_url("**country=GB**")
    walk.page.select_option("#state", "on_hold")
    walk.page.wait_for_url("**state=on_hold**")
    walk.press("details.switch:has(#view-name) summary")
    walk.page.fill("#view-name", "待审 to review")
    walk.click("form[action='/lists/orders/views'] button.btn-primary")
    return str(walk.page.get_attribute(VIEW, "href"))


def take_back_what_went_on_too_soon(walk: Walk) -> None:
    """Let an order go on, and undo it by the button beside the word that it is done."""
    walk.click("main tbody tr:first-child th a")
    walk.click("main button[formaction$='/do/resume']")
    assert walk.page.locator("main button[formaction$='/do/resume']").count() == 0
    walk.click("main .notice.good form button")
    assert walk.page.locator("main button[formaction$='/do/resume']").count() == 1


def go_without_a_mouse(walk: Walk) -> None:
    """Go down and tick, down and tick, up and tick no longer, and open; the keys are told."""
    for key in ("j", "x", "j", "x", "k", "x"):
        walk.page.keyboard.press(key)
    assert walk.page.locator(f"{BOXES}:checked").count() == 1
    walk.page.keyboard.press("?")
    assert walk.page.locator("dialog#keys:visible kbd").count() >= 6
    walk.page.keyboard.press("Escape")
    walk.page.keyboard.press("Enter")
    walk.page.wait_for_url(re.compile(r"/orders/\d+$"))


def decide(walk: Walk, verb: str, tone: str) -> int:
    """Do something with all that are listed; each is done, or each refused. Return how many."""
    found = walk.page.locator(BOXES).count()
    walk.tick("main input[data-choose=order]")
    walk.page.select_option("#verb", verb)
    walk.click("main .several button.btn-primary")
    assert walk.page.locator(f"main .tag.{tone}").count() == found
    return found


def say_what_the_code_means(walk: Walk) -> None:
    """Open an order that was refused, and map its code; all that waited for it go on."""
    walk.click("main tbody tr:first-child th a")
    walk.click("main .head a[href='/orders/queues/unmapped']")
    walk.page.fill("main tbody tr:first-child [name=sku]", "SPARE")
    walk.click("main tbody tr:first-child button")
    assert counted(walk, "nav.tabs a[href='/orders/queues/unmapped'] .count") == 0
