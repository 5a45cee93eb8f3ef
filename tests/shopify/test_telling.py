"""What the simulated Shopify is told, over real HTTP: stock, prices and parcels."""

from __future__ import annotations

from datetime import UTC
from datetime import datetime
from decimal import Decimal

import pytest

from addons.shopify.connector import Shopify
from core.channels.calling import calling
from core.channels.external import PriceUpdate
from core.channels.external import PushResult
from core.channels.external import Shipment
from core.channels.external import StockUpdate
from core.errors import InputError
from core.http import client
from core.kernel.connecting import reconnect
from core.testkit.fakes.shopify import ShopifyFake
from core.testkit.fakes.trade import Status
from core.testkit.schemas import schema_judge
from tests.connectors.pricing import prices_arrive_whatever_goes_wrong
from tests.connectors.returning import returns_come_in
from tests.connectors.telling import arrives_whatever_goes_wrong
from tests.connectors.telling import bought
from tests.connectors.telling import sent
from tests.connectors.telling import told_and_read_back
from tests.connectors.telling import told_once_though_its_answer_is_lost
from tests.shopify.conftest import INTROSPECTION
from tests.shopify.conftest import Connected
from tests.shopify.conftest import Seller
from tests.shopify.conftest import settings_of

AT = datetime(2026, 3, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less between attempts."""
    monkeypatch.setattr(client, "BACKOFF_SECONDS", 0.01)


@pytest.fixture
def seller(connected: Connected) -> Seller:
    return connected(ShopifyFake.lived(seed=7, orders=12, factor=10_000))


def told_stock(seller: Seller, *updates: StockUpdate) -> list[PushResult]:
    connector = Shopify()
    with calling(seller.kernel, seller.connection, connector) as call:
        return list(connector.push_stock(call, updates))


def test_stock_is_told_and_read_back(seller: Seller) -> None:
    judged = schema_judge(INTROSPECTION)
    seller.fake.witnesses.append(judged)
    told_and_read_back(seller)
    assert judged.objections == []
    assert judged.seen >= {"place", "stock", "setStock"}


def test_a_sale_meanwhile_is_not_overwritten(seller: Seller) -> None:
    products = seller.fake.trade.products
    products["TOWEL"].shown, products["CLOCK"].shown = 5, 5

    results = told_stock(
        seller,
        StockUpdate("TOWEL", 9, "1.1", expected=6),
        StockUpdate("CLOCK", 9, "2.1", expected=5),
        StockUpdate("NOBODY", 1, "3.1"),
    )

    found = {each.key: each for each in results}
    assert (found["1.1"].taken, found["1.1"].confirmed) == (False, 5)
    assert (found["2.1"].taken, found["2.1"].confirmed) == (True, 9)
    assert "no variant" in found["3.1"].reason
    assert (products["TOWEL"].shown, products["CLOCK"].shown) == (5, 9)


def test_two_variants_of_one_sku_are_told_nothing(seller: Seller) -> None:
    products = seller.fake.trade.products
    products["CLOCK"].sku = "TOWEL"

    (result,) = told_stock(seller, StockUpdate("TOWEL", 1, "1.1"))

    assert "Several variants" in result.reason


def test_a_location_that_is_not_there_is_named(seller: Seller) -> None:
    version = seller.connection.row_version
    changed = {**settings_of(seller.fake), "location": "42"}
    seller.connection = reconnect(seller.kernel, seller.connection, changed, row_version=version)

    with pytest.raises(InputError, match="location"):
        told_stock(seller, StockUpdate("TOWEL", 1, "1.1"))


def test_stock_arrives_whatever_goes_wrong(seller: Seller) -> None:
    arrives_whatever_goes_wrong(seller)


def test_prices_are_told(seller: Seller) -> None:
    connector = Shopify()
    updates = [PriceUpdate("TOWEL", 1200, "GBP", "1.1"), PriceUpdate("CLOCK", 1, "EUR", "2.1")]
    with calling(seller.kernel, seller.connection, connector) as call:
        results = connector.push_prices(call, updates)
        page = connector.pull_listings(call, None, None)  # type: ignore[arg-type]

    assert {each.key: each.taken for each in results} == {"1.1": True, "2.1": False}
    prices = {each.external_ref: each.price for each in page.records}
    assert prices["TOWEL"] == 1200
    assert Decimal(prices["CLOCK"] or 0) > 1


def test_a_parcel_is_told_once(seller: Seller) -> None:
    judged = schema_judge(INTROSPECTION)
    seller.fake.witnesses.append(judged)
    sale = bought(seller)
    parcel = Shipment(sale.ref, "Royal Mail", "RM1", AT, {sale.items[0].ref: 1}, "1.1")

    assert [each.taken for each in sent(seller, Shopify(), parcel)] == [True]
    assert [each.taken for each in sent(seller, Shopify(), parcel)] == [True]

    assert [(each.carrier, each.tracking) for each in sale.parcels] == [("Royal Mail", "RM1")]
    assert judged.objections == []
    too_many = Shipment(sale.ref, "DPD", "D1", AT, {sale.items[0].ref: 99}, "1.2")
    unknown = Shipment("42", "DPD", "D1", AT, {"1": 1}, "1.3")
    refused = sent(seller, Shopify(), too_many, unknown)
    assert [each.taken for each in refused] == [False, False]
    assert "fewer pieces" in refused[0].reason
    assert "no order 42" in refused[1].reason
    assert sale.status is Status.PARTLY_SENT


def test_a_parcel_that_was_sent_in_shopify_itself_gets_its_number(seller: Seller) -> None:
    judged = schema_judge(INTROSPECTION)
    seller.fake.witnesses.append(judged)
    sale = bought(seller)
    lines = {item.ref: item.open for item in sale.items}
    unnamed = Shipment(sale.ref, "", "", AT, lines, "1.1")
    numbered = Shipment(sale.ref, "Royal Mail", "RM7", AT, lines, "1.2")

    assert [each.taken for each in sent(seller, Shopify(), unnamed)] == [True]
    assert [each.taken for each in sent(seller, Shopify(), unnamed)] == [True]
    assert [each.taken for each in sent(seller, Shopify(), numbered)] == [True]

    assert [(each.carrier, each.tracking) for each in sale.parcels] == [("Royal Mail", "RM7")]
    assert judged.objections == []
    assert seller.fake.calls.made["setTracking"] == 1


def test_a_parcel_without_an_answer_is_looked_up_and_not_told_twice(seller: Seller) -> None:
    sale = bought(seller)
    lines = {item.ref: item.open for item in sale.items}
    parcel = Shipment(sale.ref, "Royal Mail", "RM1", AT, lines, "1.1")
    told_once_though_its_answer_is_lost(
        seller, Shopify(), sale, parcel, question=3, operation="send"
    )


def test_returns_come_in_and_their_goods_once(connected: Connected) -> None:
    seller = connected(ShopifyFake.lived(seed=11, orders=60, factor=10_000))
    judged = schema_judge(INTROSPECTION)
    seller.fake.witnesses.append(judged)
    returns_come_in(seller, refunds_bring_goods=True)
    assert judged.objections == []
    assert judged.seen >= {"returned", "returns"}


def test_prices_arrive_whatever_goes_wrong(seller: Seller) -> None:
    prices_arrive_whatever_goes_wrong(seller)
