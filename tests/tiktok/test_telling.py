"""What the simulated TikTok Shop is told, over real HTTP: stock, prices, parcels; and returns."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from datetime import datetime

import pytest

from addons.tiktok_shop import errors
from addons.tiktok_shop.connector import TiktokShop
from addons.tiktok_shop.shipments import confirm
from core.channels.calling import calling
from core.channels.external import ExternalReturn
from core.channels.external import PriceUpdate
from core.channels.external import Shipment
from core.channels.external import StockUpdate
from core.channels.external import Window
from core.errors import InputError
from core.http import answers
from core.http import client
from core.kernel.connecting import connect
from core.testkit.fakes.tiktok import TiktokFake
from core.testkit.fakes.tiktok.documents import BY_SELLER
from core.testkit.fakes.tiktok.documents import BY_TIKTOK
from core.testkit.fakes.tiktok.documents import ships_by
from core.testkit.fakes.tiktok.documents import sku_id
from core.testkit.fakes.tiktok.products import WAREHOUSE
from core.testkit.fakes.trade import Sale
from core.testkit.fakes.trade import Status
from tests.connectors.cancelling import requests_stop_orders_until_they_are_answered
from tests.connectors.pricing import prices_arrive_whatever_goes_wrong
from tests.connectors.returning import returns_come_in
from tests.connectors.telling import arrives_whatever_goes_wrong
from tests.connectors.telling import bought
from tests.connectors.telling import sent
from tests.connectors.telling import told_and_read_back
from tests.connectors.telling import told_once_though_its_answer_is_lost
from tests.tiktok.conftest import Connected
from tests.tiktok.conftest import Seller
from tests.tiktok.conftest import judged_by_tiktok
from tests.tiktok.conftest import settings_of

AT = datetime(2026, 3, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between attempts."""
    monkeypatch.setattr(client, "BACKOFF_SECONDS", 0.01)
    monkeypatch.setattr(answers, "DEFAULT_WAIT", 0.02)
    monkeypatch.setattr(errors, "DEFAULT_WAIT", 0.02)


@pytest.fixture
def seller(connected: Connected) -> Seller:
    return connected(TiktokFake.lived(seed=11, orders=12, factor=10_000, settle_days=15))


def bought_for(seller: Seller, by: str) -> Sale:
    """Return an order that waits to be sent by one of the two."""
    while True:
        sale = bought(seller)
        if ships_by(sale) == by:
            return sale


def parcel(sale: Sale, number: str, lines: dict[int, int], key: str = "1") -> Shipment:
    """Return a parcel of so many of the first, second line of an order."""
    told = {sku_id(sale.items[at].product): count for at, count in lines.items()}
    return Shipment(sale.ref, "royal-mail", number, AT, told, key)


def test_stock_is_told_and_read_back(seller: Seller) -> None:
    judged = judged_by_tiktok(seller)
    told_and_read_back(seller)
    assert judged.objections == []
    assert judged.seen >= {"searchProducts", "updateInventory", "inventorySearch"}


def test_one_sku_that_is_not_there_holds_no_other_up(seller: Seller) -> None:
    connector, products = TiktokShop(), seller.fake.trade.products
    updates = [
        StockUpdate("TOWEL", 0, "1.1"),
        StockUpdate("NOBODY", 1, "2.1"),
        StockUpdate("CLOCK", 100_000, "3.1"),
    ]
    with calling(seller.kernel, seller.connection, connector) as call:
        results = {each.key: each for each in connector.push_stock(call, updates)}
        seen = connector.read_stock(call, ["TOWEL", "NOBODY"])

    assert (results["1.1"].taken, results["1.1"].confirmed, products["TOWEL"].shown) == (True, 0, 0)
    assert (results["2.1"].taken, "no live product" in results["2.1"].reason) == (False, True)
    assert (results["3.1"].taken, "12052048" in results["3.1"].reason) == (False, True)
    assert [(each.external_ref, each.quantity) for each in seen] == [("TOWEL", 0)]


ELSEWHERE = "7068517275539719999"


def test_each_warehouse_is_told_what_lies_in_it(seller: Seller) -> None:
    judged, connector, fake = judged_by_tiktok(seller), TiktokShop(), seller.fake
    fake.elsewhere[ELSEWHERE] = {"TOWEL": 40, "CLOCK": 9}

    def told(*updates: StockUpdate, **settings: str) -> list[bool]:
        with calling(seller.kernel, seller.connection, connector) as call:
            mine = replace(call, settings={**call.settings, **settings})
            seen.update({e.external_ref: e.quantity for e in connector.read_stock(mine, ["TOWEL"])})
            return [each.taken for each in connector.push_stock(mine, updates)]

    # Of one warehouse: the other keeps what it shows.
    seen: dict[str, int] = {}
    assert told(StockUpdate("TOWEL", 5, "1.1"), warehouse=WAREHOUSE) == [True]
    assert (fake.trade.products["TOWEL"].shown, fake.elsewhere[ELSEWHERE]["TOWEL"]) == (5, 40)
    assert told(StockUpdate("TOWEL", 6, "1.2"), warehouse=ELSEWHERE) == [True]
    assert (fake.trade.products["TOWEL"].shown, fake.elsewhere[ELSEWHERE]["TOWEL"]) == (5, 6)
    assert seen == {"TOWEL": 40}
    # Both, each by its number.
    both = StockUpdate("CLOCK", 1, "2.1", WAREHOUSE), StockUpdate("CLOCK", 2, "2.2", ELSEWHERE)
    assert told(*both) == [True, True]
    assert (fake.trade.products["CLOCK"].shown, fake.elsewhere[ELSEWHERE]["CLOCK"]) == (1, 2)
    # Of the shop: all of it lies in its default warehouse.
    assert told(StockUpdate("TOWEL", 7, "1.3")) == [True]
    assert (fake.trade.products["TOWEL"].shown, fake.elsewhere[ELSEWHERE]["TOWEL"]) == (7, 0)
    assert judged.objections == []


def test_a_warehouse_that_is_not_there_is_named(seller: Seller) -> None:
    with pytest.raises(InputError, match=f"sells from {WAREHOUSE}"):
        connect(
            seller.kernel,
            "tiktok_shop",
            "Other",
            settings_of(seller.fake, warehouse="42"),
            company_id=seller.world.company.id,
        )


def test_stock_arrives_whatever_goes_wrong(seller: Seller) -> None:
    arrives_whatever_goes_wrong(seller)


def test_prices_are_told_in_the_currency_of_the_shop(seller: Seller) -> None:
    judged, connector = judged_by_tiktok(seller), TiktokShop()
    updates = [
        PriceUpdate("TOWEL", 1200, "GBP", "1.1"),
        PriceUpdate("CLOCK", 100, "EUR", "2.1"),
        PriceUpdate("NOBODY", 100, "GBP", "3.1"),
    ]
    with calling(seller.kernel, seller.connection, connector) as call:
        results = {each.key: each for each in connector.push_prices(call, updates)}
        page = connector.pull_listings(call, Window(None, AT), None)

    assert {key: each.taken for key, each in results.items()} == {
        "1.1": True, "2.1": False, "3.1": False,
    }  # fmt: skip
    assert "GBP" in results["2.1"].reason
    assert seller.fake.trade.products["TOWEL"].price == 1000
    listed = {each.external_ref: each.price for each in page.records}  # type: ignore[union-attr]
    assert listed.keys() == seller.fake.trade.products.keys()
    assert listed["TOWEL"] == 1200
    assert judged.objections == []
    assert judged.seen >= {"searchProducts", "updatePrice"}


def test_a_parcel_of_ones_own_carrier_is_told_once(seller: Seller) -> None:
    judged, sale = judged_by_tiktok(seller), bought_for(seller, BY_SELLER)
    first, rest = parcel(sale, "RM1GB", {0: 1}), parcel(sale, "RM2GB", {0: 1, 1: 1})

    for each in (first, first, rest, rest):
        assert [(found.taken, found.reason) for found in sent(seller, TiktokShop(), each)] == [
            (True, "")
        ]

    assert [(p.carrier, p.tracking, sum(p.quantities.values())) for p in sale.parcels] == [
        ("Royal Mail", "RM1GB", 1),
        ("Royal Mail", "RM2GB", 2),
    ]
    assert sale.status is Status.SENT
    assert seller.fake.calls.made["markPackageAsShipped"] == 2
    assert judged.objections == []
    assert judged.seen >= {"getOrderDetail", "getShippingProviders", "markPackageAsShipped"}


def test_what_cannot_be_told_says_why(seller: Seller) -> None:
    sale = bought_for(seller, BY_SELLER)
    unknown = Shipment("42", "DPD", "D1", AT, {"1": 1}, "2")
    nobody = Shipment(sale.ref, "Uncle", "U1", AT, {sku_id(sale.items[0].product): 1}, "3")

    results = sent(
        seller,
        TiktokShop(),
        parcel(sale, "RM1GB", {0: 9}),
        unknown,
        nobody,
        parcel(sale, "", {0: 1}),
    )

    assert [each.taken for each in results] == [False] * 4
    said = [each.reason for each in results]
    assert "no such pieces" in said[0]
    assert "no such order" in said[1]
    assert "Royal Mail, DPD UK" in said[2]
    assert "number of the parcel" in said[3]
    assert sale.parcels == []


def test_what_tiktok_ships_is_handed_over_as_it_packed_it(seller: Seller) -> None:
    judged, sale = judged_by_tiktok(seller), bought_for(seller, BY_TIKTOK)
    whole = parcel(sale, "", {0: 2, 1: 1})

    for _ in range(2):
        assert [(each.taken, each.reason) for each in sent(seller, TiktokShop(), whole)] == [
            (True, "")
        ]

    assert [each.carrier for each in sale.parcels] == ["TikTok Shipping"]
    assert seller.fake.calls.made["shipPackage"] == 1
    assert seller.fake.calls.made["markPackageAsShipped"] == 0
    assert judged.objections == []


def test_a_package_is_shipped_whole_or_not_at_all(seller: Seller) -> None:
    judged = judged_by_tiktok(seller)
    sale, theirs = bought_for(seller, BY_SELLER), bought_for(seller, BY_TIKTOK)
    connector = TiktokShop()
    with calling(seller.kernel, seller.connection, connector) as call:
        # In Malaysia pieces are not marked one by one.
        part = confirm(call.http, parcel(sale, "RM1GB", {0: 1}), "MY")
        whole = [confirm(call.http, parcel(sale, "RM1GB", {0: 2, 1: 1}), "MY") for _ in range(2)]
    handed = sent(seller, TiktokShop(), parcel(theirs, "", {1: 1}))

    assert [each.taken for each in (part, *whole, *handed)] == [False, True, True, False]
    assert "send them together" in part.reason
    assert part.reason == handed[0].reason
    assert [(each.carrier, each.tracking) for each in sale.parcels] == [("Royal Mail", "RM1GB")]
    assert theirs.parcels == []
    assert seller.fake.calls.made["shipPackage"] == 1
    assert judged.objections == []


def test_a_parcel_without_an_answer_is_looked_up_and_not_told_twice(seller: Seller) -> None:
    sale = bought_for(seller, BY_SELLER)
    told = parcel(sale, "RM1GB", {0: 2, 1: 1})
    # The token, the shops, the order, the carriers, and the parcel itself.
    told_once_though_its_answer_is_lost(
        seller, TiktokShop(), sale, told, question=5, operation="markPackageAsShipped"
    )


def test_returns_are_told_by_their_orders(connected: Connected) -> None:
    seller = connected(TiktokFake.lived(seed=11, orders=60, factor=10_000, settle_days=15))
    connector = TiktokShop()
    with calling(seller.kernel, seller.connection, connector) as call:
        page = connector.pull_returns(call, Window(None, seller.fake.clock.now()), None)

    told = {each.order_id: each.code for each in page.records if isinstance(each, ExternalReturn)}
    sales = [sale for sale in seller.fake.trade.sales.values() if sale.refunds]
    assert told.keys() == {sale.ref for sale in sales} != set()
    assert all(told[s.ref] in {item.product.sku for item in s.items} for s in sales)
    assert page.next_cursor is None


def test_returns_come_in_and_their_goods_once(connected: Connected) -> None:
    seller = connected(TiktokFake.lived(seed=11, orders=60, factor=10_000, settle_days=15))
    returns_come_in(seller, refunds_bring_goods=True)


def test_prices_arrive_whatever_goes_wrong(seller: Seller) -> None:
    prices_arrive_whatever_goes_wrong(seller)


def test_an_order_whose_buyer_wants_to_cancel_does_not_leave(seller: Seller) -> None:
    judged = judged_by_tiktok(seller)
    requests_stop_orders_until_they_are_answered(seller, "Product has been packed")
    assert judged.objections == []
    assert judged.seen >= {
        "searchCancellations", "approveCancellation", "rejectCancellation", "getRejectReasons",
    }  # fmt: skip
