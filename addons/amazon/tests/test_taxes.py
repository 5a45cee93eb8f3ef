"""What Amazon tells of an order's tax, and what of it is kept."""

from __future__ import annotations

from typing import Any

import pytest

from addons.amazon.orders import read_order
from core.api import TaxTold

ADDRESS = {
    "name": "Ann Buyer", "addressLine1": "1 Main Street", "city": "Boston", "countryCode": "US",
    "stateOrRegion": "MA", "postalCode": "02108-1234",
}  # fmt: skip
VAT = {
    "entityType": "BUYER", "legalName": "Buyer & Co", "taxRegistrationType": "VAT",
    "taxRegistrationNumber": "FR40303265045",
}  # fmt: skip
OURS = {"entityType": "MERCHANT", "taxRegistrationType": "VAT", "taxRegistrationNumber": "DE1"}


def money(amount: str) -> dict[str, str]:
    return {"amount": amount, "currencyCode": "USD"}


def part(kind: str, amount: str, **details: str) -> dict[str, Any]:
    found: dict[str, Any] = {"type": kind, "subtotal": money(amount)}
    if details:
        told = [{"subtype": name, "value": money(value)} for name, value in details.items()]
        found["detailedBreakdowns"] = told
    return found


def item(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "orderItemId": "1", "quantityOrdered": 1, "product": {"sellerSku": "MUG", "title": "Mug"},
        "proceeds": {"breakdowns": list(parts)}, **more,
    }  # fmt: skip


def order(*items: dict[str, Any], total: str, **more: Any) -> dict[str, Any]:
    return {
        "orderId": "111-1", "createdTime": "2026-03-10T12:00:00Z",
        "lastUpdatedTime": "2026-03-10T12:00:00Z",
        "salesChannel": {"marketplaceId": "ATVPDKIKX0DER"},
        "fulfillment": {"fulfillmentStatus": "UNSHIPPED"},
        "recipient": {"deliveryAddress": ADDRESS},
        "proceeds": {"grandTotal": money(total)}, "orderItems": list(items), **more,
    }  # fmt: skip


FACILITATED = {
    "taxCollections": [
        {"model": "MARKETPLACE_FACILITATOR", "responsibleParty": "Amazon Services, Inc."}
    ]
}


def test_who_collects_and_what_is_told_with_each_part() -> None:
    parts = (
        part("ITEM", "100.00"),
        part("SHIPPING", "10.00"),
        part("TAX", "6.88", ITEM="6.25", SHIPPING="0.63"),
    )
    read = read_order(order(item(*parts, tax=FACILITATED), total="116.88"))

    assert read.tax == TaxTold(
        region="MA",
        postcode="02108-1234",
        collector="marketplace",
        scheme="MARKETPLACE_FACILITATOR",
    )
    assert [(line.code, line.net, line.tax) for line in read.lines] == [
        ("MUG", 10000, 625),
        ("SHIPPING", 1000, 63),
    ]


def test_tax_that_is_not_broken_down_belongs_to_the_only_part() -> None:
    alone = read_order(order(item(part("ITEM", "100.00"), part("TAX", "6.25")), total="106.25"))
    parts = (part("ITEM", "100.00"), part("SHIPPING", "10.00"), part("TAX", "6.88"))
    several = read_order(order(item(*parts), total="116.88"))

    assert [line.tax for line in alone.lines] == [625]
    # Whose it is nobody says, and nobody guesses.
    assert [line.tax for line in several.lines] == [None, None]


def test_a_business_is_known_by_its_number_and_nothing_of_it_is_in_the_payload() -> None:
    told = {"taxRegistrations": [OURS, VAT]}
    read = read_order(
        order(item(part("ITEM", "1.00")), total="1.00", tax=told, programs=["AMAZON_BUSINESS"])
    )
    assert read.tax is not None
    assert (read.tax.buyer, read.tax.buyer_number) == ("business", "FR40303265045")
    assert read.personal["company"] == "Buyer & Co"
    assert "40303265045" not in read.payload
    assert "Buyer & Co" not in read.payload
    assert "MERCHANT" in read.payload


def test_the_number_of_a_private_person_is_not_taken() -> None:
    private = {**VAT, "taxRegistrationType": "CPF"}
    told = {"taxRegistrations": [private]}
    read = read_order(order(item(part("ITEM", "1.00")), total="1.00", tax=told))
    assert read.tax is not None
    assert (read.tax.buyer, read.tax.buyer_number) == ("", "")
    assert "40303265045" not in read.payload


@pytest.mark.parametrize("scheme", ["IOSS", "UOSS"])
def test_a_deemed_supplier_pays_the_tax(scheme: str) -> None:
    tax = {"taxCalculationBreakdowns": [{"reportingScheme": scheme}]}
    shipping = {"internationalShipping": {"iossNumber": "IM4420001201"}}
    told = item(
        part("ITEM", "1.00"), tax=tax, fulfillment={"quantityUnfulfilled": 1, "shipping": shipping}
    )
    read = read_order(order(told, total="1.00"))
    assert read.tax is not None
    assert (read.tax.collector, read.tax.scheme) == ("marketplace", scheme)
    assert read.tax.ioss_number == "IM4420001201"


def test_parcels_say_where_the_goods_lay() -> None:
    places = [{"countryCode": "US", "stateOrRegion": "TX"}]
    packages = [{"shipFromAddress": place} for place in places]
    read = read_order(order(item(part("ITEM", "1.00")), total="1.00", packages=packages))
    assert read.tax is not None
    assert (read.tax.ship_from, read.tax.from_region) == ("US", "TX")
