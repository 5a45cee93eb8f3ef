"""From Shopify's orders to Entrepot's facts: pure functions, no guesses.

Shopify counts what was ordered, what is still wanted, and what went back; a piece that went back
before it left was cancelled, one that went back later was refunded. An order is known by its name
without the sign, as 1001 for #1001: so do Shopify's files know it.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from addons.shopify.amounts import Document
from addons.shopify.amounts import amount_of
from addons.shopify.amounts import tax_of
from addons.shopify.asking import number_of
from addons.shopify.refunds import Back
from addons.shopify.refunds import read_refunds
from addons.shopify.statuses import status_of
from core.api import ExternalLine
from core.api import ExternalOrder
from core.api import LineKind
from core.api import MappingError
from core.api import OrderStatus
from core.api import ShopFacts
from core.api import TaxTold
from core.api import moment
from core.api import write_json

# Of a person; everything else in the document may be read by anybody who works here.
PERSONAL = ("email", "phone", "shippingAddress")
ADDRESS = {
    "name": "name",
    "company": "company",
    "city": "city",
    "region": "province",
    "postcode": "zip",
    "phone": "phone",
}
EXTRAS = {
    "totalTipReceivedSet": ("TIP", "Tip"),
    "originalTotalDutiesSet": ("DUTIES", "Import duties"),
    "originalTotalAdditionalFeesSet": ("FEES", "Additional fees"),
}
SIGN = "#"


def read_order(order: Document, shop: Document) -> ExternalOrder:
    """Return an order of a shop.

    Raises: MappingError naming the field that has no certain meaning.
    """
    if order["test"]:
        raise MappingError("test", True, hint="It was placed to try the shop: nobody pays it.")
    status, currency = status_of(order), order["currencyCode"]
    back = read_refunds(order, currency)
    lines = tuple(_lines(order, currency, status, back))
    address = order.get("shippingAddress") or {}
    return ExternalOrder(
        external_id=order["name"].removeprefix(SIGN),
        updated_at=moment(order["updatedAt"], path="updatedAt"),
        status=status,
        ordered_at=moment(order["processedAt"], path="processedAt"),
        shop=_shop(shop),
        currency=currency,
        country=address.get("countryCodeV2") or shop["shopAddress"]["countryCodeV2"],
        lines=lines,
        total=_total(order, lines, currency),
        refunds=() if status is OrderStatus.CANCELLED else back.refunds,
        service=next((each["title"] for each in order["shippingLines"]["nodes"]), None),
        payload=write_json({name: order[name] for name in order if name not in PERSONAL}),
        personal=_personal(order, address),
        tax=_tax_told(order, address),
    )


def code_of(line: Document) -> str:
    """Return what a line or a variant is known by: its SKU, else its number, else its title."""
    sku, variant = line.get("sku"), line.get("variant")
    if sku:
        return str(sku)
    if variant:
        return f"variant {number_of(variant['id'], 'ProductVariant')}"
    return str(line["title"])


def _shop(shop: Document) -> ShopFacts:
    return ShopFacts(
        shop["myshopifyDomain"], shop["name"], shop["currencyCode"], shop["ianaTimezone"]
    )


def _lines(
    order: Document, currency: str, status: OrderStatus, back: Back
) -> Iterator[ExternalLine]:
    gone = status is OrderStatus.CANCELLED
    for item in order["lineItems"]["nodes"]:
        if item["isGiftCard"]:
            raise MappingError(
                "isGiftCard", True, hint="Money for a gift card is owed until it is redeemed."
            )
        if item["quantity"]:
            yield _line(item, order, currency, gone, back)
    yield from _others(order, currency, gone)


def _others(order: Document, currency: str, gone: bool) -> Iterator[ExternalLine]:
    """Yield what stands beside the goods."""
    for each in order["shippingLines"]["nodes"]:
        net, tax = _parts(each, order, currency, "discountedPriceSet", "shippingLines")
        if net and not each["isRemoved"]:
            ref = number_of(each["id"], "ShippingLine") if each.get("id") else "0"
            code = each.get("code") or "SHIPPING"
            yield ExternalLine(
                f"shipping-{ref}", LineKind.POSTAGE, code, each["title"], 1, net, int(gone), tax=tax
            )
    if gone:
        # The buyer may have paid, and been paid back, before anybody here knew of the order:
        # with a line of nothing it is known, and what was settled for it finds it.
        yield ExternalLine(
            "cancelled", LineKind.ADJUSTMENT, "CANCELLED", "Cancelled order", 0, 0, tax=0
        )
    for field, (code, title) in EXTRAS.items():
        if extra := amount_of(order.get(field), currency, field):
            yield ExternalLine(code, LineKind.ADJUSTMENT, code, title, 1, extra, int(gone))


def _line(item: Document, order: Document, currency: str, gone: bool, back: Back) -> ExternalLine:
    ref, ordered = number_of(item["id"], "LineItem"), item["quantity"]
    net, tax = _parts(item, order, currency, "originalTotalSet", "lineItems")
    # What is not wanted any more and was not sent back never left.
    cancelled = ordered if gone else ordered - item["currentQuantity"] - back.returned.get(ref, 0)
    return ExternalLine(
        external_id=ref,
        kind=LineKind.SALE,
        code=code_of(item),
        title=item["title"],
        quantity=ordered,
        net=net,
        cancelled=cancelled,
        payload=write_json(item),
        tax=tax,
    )


def _parts(
    line: Document, order: Document, currency: str, field: str, path: str
) -> tuple[int, int]:
    """Return what a line comes to after discounts and without tax, and its tax."""
    allocations = line.get("discountAllocations") or ()
    discount = sum(
        amount_of(each["allocatedAmountSet"], currency, f"{path}.discountAllocations")
        for each in allocations
    )
    price = amount_of(line[field], currency, f"{path}.{field}") - discount
    tax = tax_of(line["taxLines"], currency, path)
    return price - (tax if order["taxesIncluded"] else 0), tax


def _total(order: Document, lines: Sequence[ExternalLine], currency: str) -> int:
    """Return Shopify's own total without tax, so that a line that was overlooked is noticed."""
    if order["edited"]:
        # Its total is that of what stands in it now, its lines tell of what ever did.
        return sum(line.net for line in lines)
    total = amount_of(order["totalPriceSet"], currency, "totalPriceSet")
    return total - amount_of(order.get("totalTaxSet"), currency, "totalTaxSet")


def _personal(order: Document, address: Document) -> dict[str, str]:
    found = {name: address.get(key) for name, key in ADDRESS.items()}
    street = [address.get(f"address{number}") for number in (1, 2)]
    found |= {"street": "\n".join(line for line in street if line)}
    found |= {"email": order.get("email"), "phone": found["phone"] or order.get("phone")}
    return {name: value for name, value in found.items() if value}


def _tax_told(order: Document, address: Document) -> TaxTold | None:
    lines: list[Mapping[str, Any]] = [
        tax
        for part in ("lineItems", "shippingLines")
        for line in order[part]["nodes"]
        for tax in line["taxLines"]
    ]
    told = TaxTold(
        region=address.get("provinceCode") or "",
        postcode=address.get("zip") or "",
        # A channel of Shopify's, such as a marketplace, that pays the tax itself.
        collector="marketplace" if any(each.get("channelLiable") for each in lines) else "",
    )
    return told if told != TaxTold() else None
