"""From Amazon's orders to Entrepot's facts: pure functions, no guesses."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

from addons.amazon.marketplaces import MARKETPLACES
from addons.amazon.privacy import notes_of
from addons.amazon.privacy import without_buyer
from addons.amazon.privacy import without_gift
from addons.amazon.taxes import legal_name
from addons.amazon.taxes import tax_of
from addons.amazon.taxes import taxes_of
from core.api import ExternalLine
from core.api import ExternalOrder
from core.api import LineKind
from core.api import MappingError
from core.api import OrderStatus
from core.api import ShopFacts
from core.api import choice
from core.api import moment
from core.api import money
from core.api import write_json

STATUS = {
    "PENDING_AVAILABILITY": OrderStatus.PENDING,
    "PENDING": OrderStatus.PENDING,
    "UNSHIPPED": OrderStatus.UNSHIPPED,
    # What has left stands in its packages; the rest still has to be sent.
    "PARTIALLY_SHIPPED": OrderStatus.UNSHIPPED,
    "SHIPPED": OrderStatus.SHIPPED,
    "CANCELLED": OrderStatus.CANCELLED,
    "UNFULFILLABLE": OrderStatus.CANCELLED,
}
KINDS = {
    "ITEM": LineKind.SALE,
    "SHIPPING": LineKind.POSTAGE,
    "GIFT_WRAP": LineKind.ADJUSTMENT,
    "COD_FEE": LineKind.ADJUSTMENT,
    "OTHER": LineKind.ADJUSTMENT,
    "DISCOUNT": LineKind.DISCOUNT,
}
TAX, TIP = "TAX", "DELIVERY_TIP"
ADDRESS = {
    "name": "name",
    "company": "companyName",
    "district": "districtOrCounty",
    "city": "city",
    "region": "stateOrRegion",
    "postcode": "postalCode",
    "phone": "phone",
}

Document = Mapping[str, Any]


def is_of_another_channel(order: Document) -> bool:
    """Say whether Amazon only sends it, for a buyer of another channel (`Non-Amazon`)."""
    channel = order.get("salesChannel") or {}
    name = channel.get("channelName") or channel.get("marketplaceName") or ""
    return str(name).upper().replace("-", "_").startswith("NON_AMAZON")


def read_order(order: Document) -> ExternalOrder:
    """Return an order.

    Raises: MappingError naming the field that has no certain meaning.
    """
    fulfillment = order["fulfillment"]
    status = choice(fulfillment["fulfillmentStatus"], STATUS, path="fulfillmentStatus")
    shop = _shop(order["salesChannel"])
    currency = _currency(order, shop.currency)
    lines = tuple(_lines(order, currency, status))
    address = (order.get("recipient") or {}).get("deliveryAddress") or {}
    # What is cancelled whole, or not paid yet, has no amounts: nothing is owed.
    return ExternalOrder(
        external_id=order["orderId"],
        updated_at=moment(order["lastUpdatedTime"], path="lastUpdatedTime"),
        status=status,
        ordered_at=moment(order["createdTime"], path="createdTime"),
        shop=shop,
        currency=currency,
        country=address.get("countryCode") or _country(order["salesChannel"]),
        lines=lines,
        total=_total(order, lines, currency, status),
        service=fulfillment.get("fulfillmentServiceLevel"),
        stored=fulfillment.get("fulfilledBy") == "AMAZON",
        payload=write_json(without_buyer(order)),
        personal=_personal(order, address),
        tax=tax_of(order, address),
    )


def _shop(channel: Document) -> ShopFacts:
    place = MARKETPLACES.get(channel.get("marketplaceId", ""))
    if place is None:
        raise MappingError("salesChannel.marketplaceId", channel.get("marketplaceId"))
    return ShopFacts(place.name, place.name, place.currency, place.timezone)


def _country(channel: Document) -> str:
    return MARKETPLACES[channel["marketplaceId"]].country


def _currency(order: Document, default: str) -> str:
    total = (order.get("proceeds") or {}).get("grandTotal")
    return str(total["currencyCode"]) if total else default


def _lines(order: Document, currency: str, status: OrderStatus) -> Iterator[ExternalLine]:
    for item in order["orderItems"]:
        ref, ordered = item["orderItemId"], item["quantityOrdered"]
        if not ordered:
            continue
        parts = _parts(item, currency)
        cancelled = _cancelled(item, ordered, status)
        taxes = taxes_of(item, {name for name in parts if name != "DISCOUNT"})
        yield ExternalLine(
            external_id=ref,
            kind=LineKind.SALE,
            code=item["product"].get("sellerSku") or "",
            title=item["product"].get("title") or "",
            quantity=ordered,
            net=parts.pop("ITEM", 0),
            cancelled=cancelled,
            payload=write_json(without_gift(item)),
            tax=_tax(taxes.get("ITEM"), currency),
        )
        gone = int(cancelled == ordered)
        for name, amount in parts.items():
            kind = choice(name, KINDS, path=f"orderItems.{ref}.breakdowns")
            # Amazon's documents do not say with which sign a discount comes.
            net = -abs(amount) if kind is LineKind.DISCOUNT else amount
            tax = _tax(taxes.get(name), currency)
            if tax is not None and kind is LineKind.DISCOUNT:
                tax = -abs(tax)
            yield ExternalLine(
                f"{ref}-{name}", kind, name, name.capitalize(), 1, net, gone, tax=tax
            )
    for part in (order.get("proceeds") or {}).get("breakdowns", ()):
        if part["type"] == TIP:
            tip = _money(part["subtotal"], currency, TIP)
            yield ExternalLine(TIP, LineKind.ADJUSTMENT, TIP, "Delivery tip", 1, tip)


def _tax(told: Document | None, currency: str) -> int | None:
    return None if told is None else _money(told, currency, TAX)


def _parts(item: Document, currency: str) -> dict[str, int]:
    """Return the amounts of an item by their kind, without tax and without what is nothing."""
    parts: dict[str, int] = {}
    for part in (item.get("proceeds") or {}).get("breakdowns", ()):
        amount = _money(part["subtotal"], currency, part["type"])
        if amount and part["type"] != TAX:
            parts[part["type"]] = parts.get(part["type"], 0) + amount
    return parts


def _cancelled(item: Document, ordered: int, status: OrderStatus) -> int:
    """Return how many pieces will never be sent: neither sent nor to be sent."""
    if status is OrderStatus.CANCELLED:
        return ordered
    known = item.get("fulfillment")
    if known is None or status is OrderStatus.PENDING:
        return 0
    kept: int = known.get("quantityFulfilled", 0) + known.get("quantityUnfulfilled", 0)
    return max(0, ordered - kept)


def _total(
    order: Document, lines: tuple[ExternalLine, ...], currency: str, status: OrderStatus
) -> int:
    """Return Amazon's own total without tax, so that a line that was overlooked is noticed."""
    told = (order.get("proceeds") or {}).get("grandTotal")
    if told is None:
        if status not in (OrderStatus.PENDING, OrderStatus.CANCELLED):
            raise MappingError("proceeds.grandTotal", None)
        return sum(line.net for line in lines)
    taxes = [
        _money(part["subtotal"], currency, TAX)
        for item in order["orderItems"]
        for part in (item.get("proceeds") or {}).get("breakdowns", ())
        if part["type"] == TAX
    ]
    return _money(told, currency, "grandTotal") - sum(taxes)


def _money(told: Document, currency: str, path: str) -> int:
    if told["currencyCode"] != currency:
        raise MappingError(path, told["currencyCode"], hint=f"The order is in {currency}.")
    return money(told["amount"], currency, path=path)


def _personal(order: Document, address: Document) -> dict[str, str]:
    buyer = order.get("buyer") or {}
    street = [address.get(f"addressLine{number}") for number in (1, 2, 3)]
    found = {name: address.get(key) for name, key in ADDRESS.items()}
    found |= {"street": "\n".join(line for line in street if line)}
    found |= {"email": buyer.get("buyerEmail"), "name": found["name"] or buyer.get("buyerName")}
    found["company"] = found["company"] or buyer.get("buyerCompanyName") or legal_name(order)
    found["note"] = "\n".join(notes_of(order))
    return {name: value for name, value in found.items() if value}
