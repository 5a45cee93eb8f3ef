"""What an order of TikTok Shop comes to, and what of it is no guess; the documents are made up."""

from __future__ import annotations

import json
from typing import Any

import pytest

from addons.tiktok_shop.errors import judge
from addons.tiktok_shop.errors import reasons
from addons.tiktok_shop.orders import Account
from addons.tiktok_shop.orders import read_order
from addons.tiktok_shop.shipments import packages_with
from addons.tiktok_shop.shipments import waiting_pieces
from core.api import AuthFailed
from core.api import ExternalOrder
from core.api import HttpResponse
from core.api import LineKind
from core.api import MappingError
from core.api import OrderStatus
from core.api import RateLimited
from core.api import RequestRefused
from core.api import TaxTold
from core.api import Unavailable
from core.api import read_vat

GB = Account("GB", read_vat("GB 20"))
US = Account("US", {})


def piece(number: int, sku: str, price: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"57{number}", "sku_id": sku, "product_id": "1", "seller_sku": f"MUG-{sku}",
        "product_name": "Mug", "sale_price": price, "platform_discount": "0",
        "display_status": "AWAITING_SHIPMENT", "package_id": "11", **more,
    }  # fmt: skip


def order(*lines: dict[str, Any], sub_total: str, **more: Any) -> dict[str, Any]:
    payment = {"currency": "GBP", "sub_total": sub_total, "shipping_fee": "0", "tax": "0"}
    place = {
        "name": "Ann Buyer", "phone_number": "(+44)20***1", "address_line1": "1 Mill Lane",
        "postal_code": "SW1A 1AA", "region_code": "GB", "district_info": [
            {"address_level": "L0", "address_level_name": "Country", "address_name": "UK"},
            {"address_level": "L1", "address_level_name": "Nation", "address_name": "England"},
            {"address_level": "L3", "address_level_name": "City", "address_name": "London"},
        ],
    }  # fmt: skip
    payment |= more.pop("payment", {})
    return {
        "id": "5766", "status": "AWAITING_SHIPMENT", "create_time": 1772359200,
        "update_time": 1772359300, "fulfillment_type": "FULFILLMENT_BY_SELLER", "user_id": "7",
        "buyer_message": "Ring twice", "line_items": list(lines), "payment": payment,
        "recipient_address": place, **more,
    }  # fmt: skip


def back(kind: str = "RETURN_AND_REFUND", **more: Any) -> dict[str, Any]:
    row = {"sku_id": "1", "order_line_item_id": "571", "seller_sku": "MUG-1",
           "product_name": "Mug", "refund_amount": {"refund_subtotal": "11.40"}}  # fmt: skip
    return {
        "return_id": "40", "order_id": "5766", "return_type": kind,
        "return_status": "RETURN_OR_REFUND_REQUEST_COMPLETE", "update_time": 1772369300,
        "refund_amount": {"currency": "GBP", "refund_subtotal": "11.40"},
        "discount_amount": [{"currency": "GBP", "product_platform_discount": "0.60"}],
        "return_line_items": [row], **more,
    }  # fmt: skip


def read(document: dict[str, Any], *returns: Any, account: Account = GB) -> ExternalOrder:
    return read_order(document, returns, account)


def lines_of(found: ExternalOrder) -> list[tuple[Any, ...]]:
    return [(x.external_id, x.kind, x.code, x.quantity, x.net, x.tax) for x in found.lines]


def test_pieces_of_a_sku_are_a_line_and_what_the_platform_pays_is_a_part_of_it() -> None:
    found = read(
        order(
            piece(1, "1", "11.40", platform_discount="0.60"),
            piece(2, "1", "12.00", display_status="CANCELLED"),
            piece(3, "2", "6.00"),
            sub_total="29.40",
            payment={
                "platform_discount": "0.60",
                "shipping_fee": "2.00",
                "shipping_fee_platform_discount": "1.00",
            },
        )
    )

    assert lines_of(found) == [
        ("1", LineKind.SALE, "MUG-1", 2, 2000, 400),
        ("2", LineKind.SALE, "MUG-2", 1, 500, 100),
        ("postage", LineKind.POSTAGE, "SHIPPING", 1, 250, 50),
    ]
    assert [line.cancelled for line in found.lines] == [1, 0, 0]
    assert (found.total, found.status, found.stored) == (2750, OrderStatus.UNSHIPPED, False)


def test_tax_that_tiktok_collects_stands_apart() -> None:
    taxed = {"item_tax": [{"tax_type": "SALES_TAX", "tax_amount": "0.80"}]}
    told = order(
        piece(1, "1", "10.00", **taxed), sub_total="10.00",
        payment={"currency": "USD", "tax": "1.00", "shipping_fee": "2.00",
                 "shipping_fee_tax": "0.20"},
    )  # fmt: skip
    found = read(told, account=US)
    whole = read(
        order(piece(1, "1", "10.00"), piece(2, "2", "20.00"), sub_total="30.00",
              payment={"tax": "6.01"})
    )  # fmt: skip

    assert [line[4:] for line in lines_of(found)] == [(1000, 80), (200, 20)]
    assert found.tax == TaxTold(
        region="England", postcode="SW1A 1AA", collector="marketplace", scheme="SALES_TAX"
    )
    assert [line[4:] for line in lines_of(whole)] == [(1000, 200), (2000, 401)]
    assert whole.tax is not None
    assert whole.tax.scheme == "VAT"


def test_what_is_told_of_persons_stands_apart() -> None:
    found = read(order(piece(1, "1", "12.00"), sub_total="12.00"))

    assert found.personal == {
        "name": "Ann Buyer", "street": "1 Mill Lane", "city": "London", "region": "England",
        "postcode": "SW1A 1AA", "phone": "(+44)20***1", "note": "Ring twice",
    }  # fmt: skip
    assert not {"recipient_address", "user_id", "buyer_message"} & json.loads(found.payload).keys()
    assert found.buyer_ref is not None
    assert found.buyer_ref.startswith("tiktok-")


def test_goods_that_come_back_are_a_return_and_money_alone_is_none() -> None:
    told = order(piece(1, "1", "12.00"), sub_total="12.00", status="DELIVERED")

    (goods,) = read(told, back()).refunds
    (money,) = read(told, back("REFUND")).refunds

    assert [(x.kind, x.code, x.quantity, x.net, x.tax) for x in goods.lines] == [
        (LineKind.RETURN, "MUG-1", -1, -1000, -200)
    ]
    assert [(x.kind, x.quantity, x.net) for x in money.lines] == [(LineKind.ADJUSTMENT, 1, -1000)]
    assert read(told, back()).updated_at.timestamp() == 1772369300


def test_postage_and_parts_of_a_price_go_back_too() -> None:
    told = order(piece(1, "1", "12.00"), sub_total="12.00", status="DELIVERED")
    whole = {"currency": "GBP", "refund_subtotal": "12.60", "refund_shipping_fee": "2.40"}

    (found,) = read(told, back(refund_amount=whole, discount_amount={})).refunds

    assert [(x.external_id, x.net, x.tax) for x in found.lines] == [
        ("1", -950, -190), ("postage", -200, -40), ("order", -100, -20),
    ]  # fmt: skip


def test_requests_that_are_not_through_are_no_refunds() -> None:
    told = order(piece(1, "1", "12.00"), sub_total="12.00", status="DELIVERED")

    assert read(told, back(return_status="RETURN_OR_REFUND_REQUEST_PENDING")).refunds == ()
    with pytest.raises(MappingError, match="return_status"):
        read(told, back(return_status="SOMEHOW"))
    with pytest.raises(MappingError, match="currency"):
        read(told, back(refund_amount={"currency": "USD", "refund_subtotal": "1"}))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"status": "SOMEHOW"}, "status"),
        ({"fulfillment_type": "BY_DRONE"}, "fulfillment_type"),
        ({"create_time": "yesterday"}, "create_time"),
        ({"payment": {"sub_total": "x"}}, "sub_total"),
    ],
)
def test_what_has_no_certain_meaning_is_no_order(change: dict[str, Any], field: str) -> None:
    with pytest.raises(MappingError, match=field):
        read(order(piece(1, "1", "12.00"), **{"sub_total": "12.00", **change}))


def test_a_cancelled_order_keeps_nothing_and_a_bundle_has_no_sku() -> None:
    gone = read(order(piece(1, "", "12.00", seller_sku=""), sub_total="12.00", status="CANCELLED"))

    assert [(x.external_id, x.code, x.cancelled) for x in gone.lines] == [("571", "sku 1", 1)]
    assert gone.status is OrderStatus.CANCELLED


def test_several_products_in_one_are_known_by_what_they_hold() -> None:
    held = [
        {"sku_id": "8", "sku_count": 2, "product_id": "6", "seller_sku": "MUG"},
        {"sku_id": "9", "sku_count": 1, "product_id": "7", "seller_sku": "TOWEL"},
    ]
    bundle = piece(1, "", "12.00", seller_sku="", combined_listing_skus=held)
    sample = piece(2, "2", "0", seller_sku="VASE")
    found = read(order(bundle, sample, sub_total="12.00", is_sample_order=True))

    assert [(x.code, x.quantity, x.net) for x in found.lines] == [
        ("1 x TOWEL + 2 x MUG", 1, 1000),
        ("VASE", 1, 0),
    ]
    assert json.loads(found.payload)["is_sample_order"]


def test_pieces_to_send_are_those_that_wait() -> None:
    told = order(
        piece(1, "1", "1"), piece(2, "1", "1", package_id="12"),
        piece(3, "1", "1", display_status="IN_TRANSIT"), sub_total="3",
    )  # fmt: skip

    assert waiting_pieces(told, {"1": 2}) == ["571", "572"]
    assert waiting_pieces(told, {"1": 3}) is None
    assert packages_with(told, ["571", "572"]) == ["11", "12"]


def answered(body: bytes, status: int = 200) -> HttpResponse:
    return HttpResponse(status, {}, body, "1")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (105002, AuthFailed),
        (36009002, RateLimited),
        (36009003, Unavailable),
        (21001001, RequestRefused),
    ],
)
def test_errors_in_answers_of_success_are_found(code: int, kind: type[Exception]) -> None:
    told = json.dumps({"code": code, "message": "No.", "request_id": "R1"}).encode()

    found = judge(answered(told))

    assert isinstance(found, kind)
    assert judge(answered(b'{"code": 0, "data": {}}')) is None
    assert judge(answered(b"<html>")) is None
    if isinstance(found, RequestRefused):
        assert reasons(found) == "21001001: No. (request R1)"


def test_a_refusal_by_status_is_told_in_tiktoks_words() -> None:
    body = '{"code": 12052260, "message": "The product does not exist."}'
    assert "does not exist" in reasons(RequestRefused("No.", status=400, detail=body))
    assert reasons(RequestRefused("No.", status=400)) == "TikTok Shop answered 400."
