"""Two shops sell the last unit: one order has it, the other one is helped to its goods by hand."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.testkit.fakes.fake import Fake
from core.testkit.fakes.goods import Product
from core.testkit.fakes.goods import buyer
from core.testkit.fakes.shopify import ShopifyFake
from core.testkit.fakes.verbs import buy
from tests.browser.premises import LANGUAGES
from tests.browser.premises import Premises
from tests.browser.premises import connect_amazon
from tests.browser.premises import opened
from tests.browser.premises import sign_in
from tests.browser.walking import Walk
from tests.browser.walking import walking
from tests.databases import Databases
from tests.web.serving import command

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

LAST = "LAST-1"
SHORT = "/orders/queues/short"


@pytest.mark.parametrize("language", LANGUAGES)
def test_last_unit_is_sold_twice_and_the_second_order_gets_one_from_elsewhere(
    chromium: Browser, databases: Databases, tmp_path: Path, language: str
) -> None:
    shopify = ShopifyFake.lived(seed=7, orders=0, factor=10_000)
    with (
        shopify.up() as shop,
        opened(databases, tmp_path, install="shopify", allow=(shop.opened,)) as premises,
        walking(chromium, premises.address, language) as walk,
    ):
        command(premises.config, "addons", "enable", "shopify")
        fakes: list[Fake] = [premises.amazon, shopify]
        stock_it(premises)
        sold = [sell_last(fake, number) for number, fake in enumerate(fakes)]
        sign_in(walk, premises.token)
        connect_amazon(walk, premises)
        connect_shopify(walk, shopify, shop.url)
        walk.until(lambda: set(sold) <= premises.orders())
        assert sorted(premises.states_of(sold)) == ["allocated", "backordered"]

        walk.open("/")
        walk.click(f"main a[href='{SHORT}']")
        assert LAST in walk.text()
        walk.click("main form[action$='/transfer'] button")
        walk.click("main button[formaction$='/ship']")
        walk.click("main button[formaction$='/receive']")
        walk.until(lambda: premises.states_of(sold) == ["allocated", "allocated"])
        walk.open("/")
        assert walk.page.locator(f"main section a[href='{SHORT}']:visible").count() == 0

        walk.open("/stock?text=LAST")
        walk.click("main tbody th a")
        assert premises.lowest() >= 0
        assert {fake.trade.products[LAST].shown for fake in fakes} == {0}
        walk.within(clicks=14, minutes=5)


def stock_it(premises: Premises) -> None:
    """Have one in the warehouse, and some more where a platform keeps them for us."""
    add = ("stock", "warehouse", "add", "FAR", "--kind", "platform", "--country", "GB")
    command(premises.config, *add)
    path = premises.config.instance / "last.csv"
    path.write_text(
        "sku,warehouse,quantity,unit_cost,currency,received_on\n"
        f"{LAST},MAIN,1,1.00,GBP,2026-01-05\n{LAST},FAR,3,1.00,GBP,2026-01-05\n",
        "utf-8",
    )
    command(premises.config, "import", "stock", str(path))


def sell_last(fake: Fake, number: int) -> str:
    """Let somebody buy the last one in a shop, all within a second; return the order's number."""
    fake.trade.products[LAST] = Product(LAST, LAST, "B000000901", 1000, 1)
    at = fake.clock.now() - timedelta(minutes=5) + timedelta(milliseconds=500 * number)
    who = buyer(random.Random(number), number, "GB")
    return buy(fake.trade, who, {LAST: 1}, at).ref


def connect_shopify(walk: Walk, shopify: ShopifyFake, address: str) -> None:
    """Connect the shop, and let it run."""
    walk.open("/connections/add/shopify")
    walk.page.fill("main [name=label]", "Own shop")
    for name, value in {**shopify.credentials(), "simulator": address}.items():
        walk.page.fill(f"main [name=setting_{name}]", value)
    walk.click("main button.btn-primary")
    walk.click("main form[action$='/run'] button")
