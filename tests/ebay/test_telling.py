"""What the simulated eBay is told, over real HTTP: stock, prices and parcels; and returns."""

from __future__ import annotations

from datetime import UTC
from datetime import datetime

import pytest

from addons.ebay.connector import Ebay
from core.channels.calling import calling
from core.channels.external import ExternalReturn
from core.channels.external import PriceUpdate
from core.channels.external import Shipment
from core.channels.external import StockUpdate
from core.channels.external import Window
from core.http import answers
from core.http import client
from core.testkit.fakes.ebay import EbayFake
from core.testkit.fakes.trade import Status
from tests.connectors.cancelling import requests_stop_orders_until_they_are_answered
from tests.connectors.pricing import prices_arrive_whatever_goes_wrong
from tests.connectors.returning import returns_come_in
from tests.connectors.telling import arrives_whatever_goes_wrong
from tests.connectors.telling import bought
from tests.connectors.telling import sent
from tests.connectors.telling import told_and_read_back
from tests.connectors.telling import told_once_though_its_answer_is_lost
from tests.ebay.conftest import Connected
from tests.ebay.conftest import Seller
from tests.ebay.conftest import judged_by_ebay

AT = datetime(2026, 3, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between attempts."""
    monkeypatch.setattr(client, "BACKOFF_SECONDS", 0.01)
    monkeypatch.setattr(answers, "DEFAULT_WAIT", 0.02)


@pytest.fixture
def seller(connected: Connected) -> Seller:
    return connected(EbayFake.lived(seed=11, orders=12, factor=10_000))


def test_stock_is_told_and_read_back(seller: Seller) -> None:
    judged = judged_by_ebay(seller)
    told_and_read_back(seller)
    assert judged.objections == []
    assert judged.seen >= {"bulkUpdatePriceQuantity", "bulkGetInventoryItem"}


def test_one_sku_that_is_not_there_holds_no_other_up(seller: Seller) -> None:
    connector, products = Ebay(), seller.fake.trade.products
    updates = [StockUpdate("TOWEL", 9, "1.1"), StockUpdate("NOBODY", 1, "2.1")]
    with calling(seller.kernel, seller.connection, connector) as call:
        results = {each.key: each for each in connector.push_stock(call, updates)}
        seen = connector.read_stock(call, ["TOWEL", "NOBODY"])

    assert (results["1.1"].taken, results["1.1"].confirmed, products["TOWEL"].shown) == (True, 9, 9)
    assert (results["2.1"].taken, "25710" in results["2.1"].reason) == (False, True)
    assert [(each.external_ref, each.quantity) for each in seen] == [("TOWEL", 9)]


def test_stock_arrives_whatever_goes_wrong(seller: Seller) -> None:
    arrives_whatever_goes_wrong(seller)


def test_prices_are_told_in_the_currency_of_the_offer(seller: Seller) -> None:
    judged, connector = judged_by_ebay(seller), Ebay()
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
    assert "no offer" in results["3.1"].reason
    assert seller.fake.trade.products["TOWEL"].price == 1000
    assert {each.external_ref for each in page.records} == set(seller.fake.trade.products)  # type: ignore[union-attr]
    assert judged.objections == []
    assert judged.seen >= {"getOffers", "bulkUpdatePriceQuantity", "getInventoryItems"}


def test_a_parcel_is_told_once(seller: Seller) -> None:
    judged, sale = judged_by_ebay(seller), bought(seller)
    towel, clock_ = sale.items
    parcel = Shipment(sale.ref, "Royal Mail", "RM-1 GB", AT, {towel.ref: 1}, "1.1")
    unnumbered = Shipment(sale.ref, "", "", AT, {clock_.ref: 1}, "1.2")

    for each in (parcel, parcel, unnumbered, unnumbered):
        assert [found.taken for found in sent(seller, Ebay(), each)] == [True]

    assert [(each.carrier, each.tracking) for each in sale.parcels] == [
        ("RoyalMail", "RM1GB"),
        ("", "999"),
    ]
    too_many = Shipment(sale.ref, "DPD", "D1", AT, {towel.ref: 99}, "1.3")
    unknown = Shipment("42", "DPD", "D1", AT, {"1": 1}, "1.4")
    refused = sent(seller, Ebay(), too_many, unknown)
    assert [each.taken for each in refused] == [False, False]
    assert "More of" in refused[0].reason
    assert "Invalid Order Id: 42" in refused[1].reason
    assert sale.status is Status.PARTLY_SENT
    assert judged.objections == []
    assert judged.seen >= {"createShippingFulfillment", "getShippingFulfillments"}


def test_a_parcel_without_an_answer_is_looked_up_and_not_told_twice(seller: Seller) -> None:
    sale = bought(seller)
    parcel = Shipment(sale.ref, "DPD", "D1", AT, {each.ref: each.open for each in sale.items}, "1")
    # The token, what is known, and the parcel itself.
    told_once_though_its_answer_is_lost(
        seller, Ebay(), sale, parcel, question=3, operation="createShippingFulfillment"
    )


def test_returns_are_told_by_their_orders(connected: Connected) -> None:
    seller = connected(EbayFake.lived(seed=11, orders=60, factor=10_000))
    connector = Ebay()
    with calling(seller.kernel, seller.connection, connector) as call:
        page = connector.pull_returns(call, Window(None, seller.fake.clock.now()), None)

    told = {each.order_id for each in page.records if isinstance(each, ExternalReturn)}
    sales = seller.fake.trade.sales.values()
    assert told == {sale.ref for sale in sales if sale.refunds} != set()
    assert page.next_cursor is None


def test_returns_come_in_and_their_goods_once(connected: Connected) -> None:
    seller = connected(EbayFake.lived(seed=11, orders=60, factor=10_000))
    returns_come_in(seller, refunds_bring_goods=False)


def test_prices_arrive_whatever_goes_wrong(seller: Seller) -> None:
    prices_arrive_whatever_goes_wrong(seller, seen=False)


def test_an_order_whose_buyer_wants_to_cancel_does_not_leave(seller: Seller) -> None:
    judged = judged_by_ebay(seller)
    requests_stop_orders_until_they_are_answered(seller, "packed")
    assert judged.objections == []
    assert judged.seen >= {"getOrder", "getOrders"}
    assert seller.fake.calls.made["rejectCancellationRequest"] == 1
