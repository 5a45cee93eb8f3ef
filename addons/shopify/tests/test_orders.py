"""What an order of Shopify comes to, and what of it is no guess; the documents are made up."""

from __future__ import annotations

from typing import Any

import pytest

from addons.shopify.asking import judge
from addons.shopify.asking import rest
from addons.shopify.orders import read_order
from addons.shopify.statuses import status_of
from core.api import AuthFailed
from core.api import ConnectorError
from core.api import ExternalOrder
from core.api import HttpResponse
from core.api import LineKind
from core.api import MappingError
from core.api import OrderStatus
from core.api import RateLimited
from core.api import TaxTold
from core.api import Unavailable
from core.api import write_json

SHOP = {
    "name": "Shop", "myshopifyDomain": "shop.myshopify.com", "currencyCode": "GBP",
    "ianaTimezone": "Europe/London", "shopAddress": {"countryCodeV2": "GB"},
}  # fmt: skip


def bag(amount: str, currency: str = "GBP") -> dict[str, Any]:
    return {"shopMoney": {"amount": amount, "currencyCode": currency}}


def line(number: int, price: str, quantity: int = 1, tax: str = "0.00", **more: Any) -> Any:
    return {
        "id": f"gid://shopify/LineItem/{number}", "title": "Mug", "sku": f"MUG-{number}",
        "quantity": quantity, "currentQuantity": quantity, "unfulfilledQuantity": quantity,
        "isGiftCard": False, "variant": None, "originalTotalSet": bag(price),
        "discountAllocations": [], "taxLines": [{"channelLiable": False, "priceSet": bag(tax)}],
        **more,
    }  # fmt: skip


def order(*lines: Any, total: str, tax: str = "0.00", **more: Any) -> dict[str, Any]:
    return {
        "id": "gid://shopify/Order/1", "name": "#1001", "createdAt": "2026-03-01T10:00:00Z",
        "processedAt": "2026-03-01T10:00:00Z", "updatedAt": "2026-03-02T10:00:00Z",
        "cancelledAt": None, "currencyCode": "GBP", "test": False, "edited": False,
        "displayFinancialStatus": "PAID", "displayFulfillmentStatus": "UNFULFILLED",
        "taxesIncluded": True, "sourceName": "web", "totalPriceSet": bag(total),
        "totalTaxSet": bag(tax), "totalTipReceivedSet": bag("0.00"),
        "originalTotalDutiesSet": None, "originalTotalAdditionalFeesSet": None,
        "lineItems": {"nodes": list(lines)}, "shippingLines": {"nodes": []}, **more,
    }  # fmt: skip


def refund(total: str, *lines: tuple[int, int, str, str, str], shipping: Any = ()) -> Any:
    return {
        "id": "gid://shopify/Refund/5", "createdAt": "2026-03-05T10:00:00Z",
        "totalRefundedSet": bag(total), "refundShippingLines": {"nodes": list(shipping)},
        "refundLineItems": {
            "nodes": [
                {
                    "id": "gid://shopify/RefundLineItem/1", "quantity": quantity,
                    "restockType": kind, "subtotalSet": bag(price), "totalTaxSet": bag(tax),
                    "lineItem": {
                        "id": f"gid://shopify/LineItem/{number}", "title": "Mug",
                        "sku": f"MUG-{number}", "variant": None,
                    },
                }
                for number, quantity, kind, price, tax in lines
            ]
        },
    }  # fmt: skip


def read(document: dict[str, Any]) -> ExternalOrder:
    return read_order(document, SHOP)


def test_prices_may_hold_the_tax_or_not() -> None:
    within = read(order(line(1, "24.00", 2, "4.00"), total="24.00", tax="4.00"))
    beside = read(
        order(line(1, "20.00", 2, "4.00"), total="24.00", tax="4.00", taxesIncluded=False)
    )

    for each in (within, beside):
        assert [(x.net, x.tax) for x in each.lines] == [(2000, 400)]
        assert (each.external_id, each.total, each.status) == ("1001", 2000, OrderStatus.UNSHIPPED)


def test_discounts_lower_what_a_line_comes_to_whoever_gave_them() -> None:
    given = [{"allocatedAmountSet": bag("2.00")}, {"allocatedAmountSet": bag("1.00")}]
    told = read(order(line(1, "15.00", tax="2.00", discountAllocations=given), total="12.00",
                      tax="2.00"))  # fmt: skip

    assert [each.net for each in told.lines] == [1000]


def test_tips_duties_and_postage_are_lines_beside_the_goods() -> None:
    postage = {
        "id": "gid://shopify/ShippingLine/9", "title": "Express", "code": "EXP",
        "isRemoved": False, "discountedPriceSet": bag("6.00"),
        "taxLines": [{"channelLiable": True, "priceSet": bag("1.00")}],
    }  # fmt: skip
    told = read(order(line(1, "12.00", tax="2.00"), total="23.00", tax="3.00",
                      totalTipReceivedSet=bag("2.00"), originalTotalDutiesSet=bag("3.00"),
                      shippingLines={"nodes": [postage]}))  # fmt: skip

    assert [(each.kind, each.code, each.net) for each in told.lines] == [
        (LineKind.SALE, "MUG-1", 1000),
        (LineKind.POSTAGE, "EXP", 500),
        (LineKind.ADJUSTMENT, "TIP", 200),
        (LineKind.ADJUSTMENT, "DUTIES", 300),
    ]
    assert (told.service, told.total) == ("Express", 2000)
    assert told.tax == TaxTold(collector="marketplace")


def test_what_went_back_before_it_left_is_cancelled_and_after_it_refunded() -> None:
    document = order(
        line(1, "36.00", 3, "6.00", currentQuantity=1), total="36.00", tax="6.00",
        displayFinancialStatus="PARTIALLY_REFUNDED", displayFulfillmentStatus="FULFILLED",
        refunds=[refund("24.00", (1, 1, "CANCEL", "12.00", "2.00"),
                        (1, 1, "RETURN", "12.00", "2.00"))],
    )  # fmt: skip
    told = read(document)

    assert [(each.quantity, each.cancelled) for each in told.lines] == [(3, 1)]
    (back,) = told.refunds
    assert [(x.kind, x.quantity, x.net, x.tax) for x in back.lines] == [
        (LineKind.RETURN, -1, -1000, -200)
    ]


def test_a_refund_of_money_alone_brings_no_goods_back() -> None:
    shipping = {"subtotalAmountSet": bag("6.00"), "taxAmountSet": bag("1.00")}
    document = order(
        line(1, "24.00", 2, "4.00", currentQuantity=1), total="24.00", tax="4.00",
        displayFinancialStatus="PARTIALLY_REFUNDED", displayFulfillmentStatus="FULFILLED",
        refunds=[refund("20.00", (1, 1, "NO_RESTOCK", "12.00", "2.00"), shipping=[shipping])],
    )  # fmt: skip
    (back,) = read(document).refunds

    assert [(each.kind, each.net) for each in back.lines] == [
        (LineKind.ADJUSTMENT, -1000),
        (LineKind.POSTAGE, -500),
        # More went back than the goods come to.
        (LineKind.ADJUSTMENT, -200),
    ]


def test_what_never_left_is_cancelled_even_if_nothing_was_restocked() -> None:
    document = order(
        line(1, "24.00", 2, "4.00", currentQuantity=1), total="24.00", tax="4.00",
        displayFinancialStatus="PARTIALLY_REFUNDED",
        refunds=[refund("12.00", (1, 1, "NO_RESTOCK", "12.00", "2.00"))],
    )  # fmt: skip
    told = read(document)

    assert (told.lines[0].cancelled, told.refunds) == (1, ())


def test_a_refund_whose_prices_hold_no_tax_is_known_by_what_it_comes_to() -> None:
    document = order(
        line(1, "12.00", tax="2.00", currentQuantity=0), total="12.00", tax="2.00",
        displayFinancialStatus="REFUNDED", displayFulfillmentStatus="FULFILLED",
        refunds=[refund("12.00", (1, 1, "RETURN", "10.00", "2.00"))],
    )  # fmt: skip
    told = read(document)

    assert told.status is OrderStatus.SHIPPED
    assert [each.net for each in told.refunds[0].lines] == [-1000]


def test_a_cancelled_order_is_known_although_nothing_of_it_is_left() -> None:
    told = read(order(line(1, "12.00", tax="2.00"), total="12.00", tax="2.00",
                      cancelledAt="2026-03-02T10:00:00Z", displayFinancialStatus="REFUNDED",
                      refunds=[refund("12.00", (1, 1, "CANCEL", "12.00", "2.00"))]))  # fmt: skip

    assert (told.status, told.refunds) == (OrderStatus.CANCELLED, ())
    assert [(each.code, each.kept, each.net) for each in told.lines] == [
        ("MUG-1", 0, 1000),
        ("CANCELLED", 0, 0),
    ]


def test_an_edited_order_is_taken_by_its_lines() -> None:
    told = read(order(line(1, "12.00", tax="2.00"), total="99.00", tax="2.00", edited=True))

    assert told.total == 1000


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"test": True}, "test"),
        ({"displayFinancialStatus": "ODD"}, "displayFinancialStatus"),
        ({"currencyCode": "EUR"}, "originalTotalSet"),
        ({"lineItems": {"nodes": [line(1, "1.00", isGiftCard=True)]}}, "isGiftCard"),
    ],
)
def test_what_has_no_certain_meaning_is_no_guess(more: dict[str, Any], field: str) -> None:
    with pytest.raises(MappingError, match=field):
        read({**order(line(1, "12.00"), total="12.00"), **more})


@pytest.mark.parametrize(
    ("money", "goods", "status"),
    [
        ("PENDING", "UNFULFILLED", OrderStatus.PENDING),
        ("AUTHORIZED", "UNFULFILLED", OrderStatus.UNSHIPPED),
        ("PAID", "ON_HOLD", OrderStatus.UNSHIPPED),
        ("PAID", "PARTIALLY_FULFILLED", OrderStatus.UNSHIPPED),
        ("PAID", "FULFILLED", OrderStatus.SHIPPED),
        ("REFUNDED", "UNFULFILLED", OrderStatus.CANCELLED),
        ("REFUNDED", "FULFILLED", OrderStatus.SHIPPED),
        ("REFUNDED", "PARTIALLY_FULFILLED", OrderStatus.SHIPPED),
        ("VOIDED", "UNFULFILLED", OrderStatus.CANCELLED),
        ("PAID", "RESTOCKED", OrderStatus.CANCELLED),
    ],
)
def test_money_decides_first_and_then_the_goods(
    money: str, goods: str, status: OrderStatus
) -> None:
    told = {"displayFinancialStatus": money, "displayFulfillmentStatus": goods}
    assert status_of({**told, "cancelledAt": None}) is status


def answer(document: object) -> HttpResponse:
    return HttpResponse(200, {}, write_json(document).encode(), "ref")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("THROTTLED", RateLimited),
        ("ACCESS_DENIED", AuthFailed),
        ("SHOP_INACTIVE", AuthFailed),
        ("INTERNAL_SERVER_ERROR", Unavailable),
        ("MAX_COST_EXCEEDED", ConnectorError),
    ],
)
def test_what_is_said_inside_a_200_has_its_name(code: str, error: type[ConnectorError]) -> None:
    cost = {"requestedQueryCost": 300, "throttleStatus": {"currentlyAvailable": 100,
            "restoreRate": 100, "maximumAvailable": 2000}}  # fmt: skip
    told = {"errors": [{"message": "no", "extensions": {"code": code}}]}

    found = judge(answer({**told, "data": {"shop": {}}, "extensions": {"cost": cost}}))

    assert type(found) is error
    if isinstance(found, RateLimited):
        assert found.retry_after == 2
    assert rest(answer({"extensions": {"cost": cost}})) == 9
    assert judge(answer({"data": {}})) is None
