"""What an order of eBay comes to, and what of it is no guess; the documents are made up."""

from __future__ import annotations

from typing import Any

import pytest

from addons.ebay.buyers import pseudonym
from addons.ebay.orders import read_order
from addons.ebay.statuses import status_of
from core.api import ExternalOrder
from core.api import InputError
from core.api import LineKind
from core.api import MappingError
from core.api import OrderStatus
from core.api import TaxTold
from core.api import read_vat

RATES = read_vat("GB 20, DE 19")


def amount(value: str, currency: str = "GBP") -> dict[str, str]:
    return {"value": value, "currency": currency}


def line(number: int, price: str, quantity: int = 1, postage: str = "0.0", **more: Any) -> Any:
    return {
        "lineItemId": f"10{number}", "legacyItemId": "110001", "sku": f"MUG-{number}",
        "title": "Mug", "quantity": quantity, "lineItemCost": amount(price),
        "deliveryCost": {"shippingCost": amount(postage)}, "refunds": [], "taxes": [],
        "purchaseMarketplaceId": "EBAY_GB", **more,
    }  # fmt: skip


def taxed(value: str, kind: str = "STATE_SALES_TAX", **more: Any) -> dict[str, Any]:
    tax = {"taxType": kind, "amount": amount(value), "collectionMethod": "NET", **more}
    return {"ebayCollectAndRemitTaxes": [tax]}


def order(*lines: Any, total: str, country: str = "GB", **more: Any) -> dict[str, Any]:
    step = {
        "shipTo": {
            "fullName": "Ann Buyer", "email": "ann@buyer.example",
            "primaryPhone": {"phoneNumber": "0201"},
            "contactAddress": {
                "addressLine1": "1 Mill Lane", "city": "London", "postalCode": "SW1A 1AA",
                "countryCode": country,
            },
        },
        "shippingServiceCode": "UK_Standard",
    }  # fmt: skip
    return {
        "orderId": "12-34567-89012", "creationDate": "2026-03-01T10:00:00.000Z",
        "lastModifiedDate": "2026-03-02T10:00:00.000Z", "orderPaymentStatus": "PAID",
        "orderFulfillmentStatus": "NOT_STARTED", "buyer": {"username": "ann_1"},
        "cancelStatus": {"cancelState": "NONE_REQUESTED"}, "lineItems": list(lines),
        "pricingSummary": {"total": amount(total)}, "paymentSummary": {"refunds": []},
        "fulfillmentStartInstructions": [{"shippingStep": step}],
        "buyerCheckoutNotes": "Ring twice", **more,
    }  # fmt: skip


def read(document: dict[str, Any], rates: Any = RATES) -> ExternalOrder:
    return read_order(document, rates)


def test_prices_hold_the_vat_of_the_country_they_go_to() -> None:
    home = read(order(line(1, "24.00", 2, "6.00"), total="30.00"))
    abroad = read(order(line(1, "24.00"), total="24.00", country="DE"))
    far = read(order(line(1, "24.00"), total="24.00", country="CH"))
    nowhere = read(order(line(1, "24.00"), total="24.00"), {})

    assert [(x.kind, x.code, x.net, x.tax) for x in home.lines] == [
        (LineKind.SALE, "MUG-1", 2000, 400),
        (LineKind.POSTAGE, "SHIPPING", 500, 100),
    ]
    assert (home.total, home.country, home.status) == (2500, "GB", OrderStatus.UNSHIPPED)
    assert [(x.net, x.tax) for x in abroad.lines] == [(2017, 383)]
    assert [[(x.net, x.tax) for x in each.lines] for each in (far, nowhere)] == [[(2400, 0)]] * 2


def test_what_ebay_collects_stands_beside_the_price() -> None:
    document = order(
        line(1, "20.00", 1, "5.00", **taxed("2.00")), line(2, "10.00", **taxed("0.80")),
        total="35.00", country="US", ebayCollectAndRemitTax=True,
    )  # fmt: skip
    told = read(document, read_vat("US 5"))

    assert [(x.net, x.tax) for x in told.lines] == [(2000, 160), (500, 40), (1000, 80)]
    assert told.total == 3500
    assert told.tax is not None
    assert (told.tax.collector, told.tax.scheme) == ("marketplace", "STATE_SALES_TAX")


def test_the_number_under_which_ebay_declared_an_import_is_kept() -> None:
    reference = {"ebayReference": {"name": "IOSS", "value": "IM2760000742"}}
    told = read(order(line(1, "20.00", **taxed("3.80", "VAT", **reference)), total="20.00",
                      country="DE"))  # fmt: skip

    assert told.tax == TaxTold(
        postcode="SW1A 1AA", collector="marketplace", scheme="IOSS", ioss_number="IM2760000742"
    )
    assert [(x.net, x.tax) for x in told.lines] == [(2000, 380)]


def test_discounts_lower_goods_and_delivery() -> None:
    cost = {"shippingCost": amount("6.00"), "discountAmount": amount("-1.20")}
    item = line(1, "30.00", discountedLineItemCost=amount("24.00"), deliveryCost=cost)
    told = read(order(item, total="28.80"))

    assert [each.net for each in told.lines] == [2000, 400]


def test_a_parcel_for_ebays_hub_bears_its_number() -> None:
    document = order(line(1, "24.00"), total="24.00")
    document["fulfillmentStartInstructions"][0]["shippingStep"]["shipToReferenceId"] = "UK123"
    told = read(document)

    assert told.personal["street"] == "1 Mill Lane\nRef #UK123"
    assert told.personal["note"] == "Ring twice"
    assert told.buyer_ref == pseudonym("Ann_1")
    assert "ann" not in told.payload.lower()


def refund(ref: str, value: str, state: str = "REFUNDED") -> dict[str, Any]:
    return {
        "refundId": ref, "refundDate": "2026-03-05T10:00:00.000Z", "refundStatus": state,
        "amount": amount(value),
    }  # fmt: skip


def test_refunds_are_known_by_their_lines_and_by_what_is_left() -> None:
    back = [{"refundId": "5", "amount": amount("12.00")}]
    document = order(
        line(1, "24.00", 2, refunds=back), total="24.00", orderFulfillmentStatus="FULFILLED",
        orderPaymentStatus="PARTIALLY_REFUNDED",
        paymentSummary={"refunds": [refund("5", "15.00"), refund("6", "1.00", "FAILED"),
                                    refund("7", "2.40")]},
    )  # fmt: skip
    told = read(document)

    assert told.status is OrderStatus.SHIPPED
    assert [(each.external_id, [(x.code, x.net, x.tax) for x in each.lines])
            for each in told.refunds] == [
        ("5", [("MUG-1", -1000, -200), ("REFUND", -250, -50)]),
        ("7", [("REFUND", -200, -40)]),
    ]  # fmt: skip


def test_a_cancelled_order_is_known_although_nothing_of_it_is_left() -> None:
    told = read(order(line(1, "12.00"), total="12.00", orderPaymentStatus="FULLY_REFUNDED",
                      cancelStatus={"cancelState": "CANCELED"},
                      paymentSummary={"refunds": [refund("5", "12.00")]}))  # fmt: skip

    assert (told.status, told.refunds) == (OrderStatus.CANCELLED, ())
    assert [(each.code, each.kept, each.net) for each in told.lines] == [
        ("MUG-1", 0, 1000),
        ("CANCELLED", 0, 0),
    ]


def test_a_line_without_sku_is_known_by_its_listing() -> None:
    item = line(1, "12.00", sku=None, legacyVariationId="77")

    assert read(order(item, total="12.00")).lines[0].code == "item 110001/77"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"orderPaymentStatus": "ODD"}, "orderPaymentStatus"),
        ({"cancelStatus": {"cancelState": "ODD"}}, "cancelState"),
        ({"lineItems": [line(1, "1.00", lineItemCost=amount("1.00", "EUR"))]}, "lineItemCost"),
        ({"lineItems": [line(1, "1.00", purchaseMarketplaceId="EBAY_XX")]}, "Marketplace"),
        ({"lineItems": [line(1, "1.00", quantity=0)]}, "quantity"),
        ({"paymentSummary": {"refunds": [refund("5", "1.00", "ODD")]}}, "refundStatus"),
    ],
)
def test_what_has_no_certain_meaning_is_no_guess(more: dict[str, Any], field: str) -> None:
    with pytest.raises(MappingError, match=field):
        read({**order(line(1, "12.00"), total="12.00"), **more})


@pytest.mark.parametrize(
    ("money", "goods", "cancelled", "status"),
    [
        ("PENDING", "NOT_STARTED", "NONE_REQUESTED", OrderStatus.PENDING),
        ("PAID", "NOT_STARTED", "NONE_REQUESTED", OrderStatus.UNSHIPPED),
        ("PAID", "NOT_STARTED", "IN_PROGRESS", OrderStatus.CANCEL_REQUESTED),
        ("PAID", "FULFILLED", "IN_PROGRESS", OrderStatus.SHIPPED),
        ("PAID", "IN_PROGRESS", "NONE_REQUESTED", OrderStatus.UNSHIPPED),
        ("PAID", "FULFILLED", "NONE_REQUESTED", OrderStatus.SHIPPED),
        ("FULLY_REFUNDED", "NOT_STARTED", "CANCELED", OrderStatus.CANCELLED),
        ("FULLY_REFUNDED", "FULFILLED", "NONE_REQUESTED", OrderStatus.SHIPPED),
        ("FULLY_REFUNDED", "IN_PROGRESS", "NONE_REQUESTED", OrderStatus.SHIPPED),
        ("PENDING", "NOT_STARTED", "CANCELED", OrderStatus.CANCELLED),
        ("FAILED", "NOT_STARTED", "NONE_REQUESTED", OrderStatus.PENDING),
    ],
)
def test_the_cancellation_decides_then_money_then_goods(
    money: str, goods: str, cancelled: str, status: OrderStatus
) -> None:
    told = {"orderPaymentStatus": money, "orderFulfillmentStatus": goods}
    assert status_of({**told, "cancelStatus": {"cancelState": cancelled}}) is status


@pytest.mark.parametrize("text", ["GB", "GB twenty", "XX 20", "GB 120", "GB -1", "gb 20"])
def test_vat_that_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(InputError, match="no country with its percent"):
        read_vat(f"DE 19, {text}")


def test_vat_may_have_places_and_a_sign() -> None:
    assert read_vat("GB 20%, FR 5.5") == {"GB": 200_000, "FR": 55_000}
