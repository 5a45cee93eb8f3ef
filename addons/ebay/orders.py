"""From eBay's orders to Entrepot's facts: pure functions, no guesses.

eBay shows buyers prices that hold the seller's VAT and does not tell it; tax that eBay collects it
tells line by line, and keeps. An order may hold what a buyer bought from several listings.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

from addons.ebay.amounts import Document
from addons.ebay.amounts import amount_of
from addons.ebay.buyers import buyer_ref
from addons.ebay.buyers import personal_of
from addons.ebay.buyers import place_of
from addons.ebay.buyers import without_buyer
from addons.ebay.marketplaces import shop_of
from addons.ebay.refunds import read_refunds
from addons.ebay.statuses import status_of
from addons.ebay.taxes import collected
from addons.ebay.taxes import tax_told
from core.api import ExternalLine
from core.api import ExternalOrder
from core.api import LineKind
from core.api import MappingError
from core.api import OrderStatus
from core.api import PriceBasis
from core.api import moment
from core.api import write_json

NONE = "0.0"


def read_order(order: Document, rates: Mapping[str, int]) -> ExternalOrder:
    """Return an order.

    Raises: MappingError naming the field that has no certain meaning.
    """
    status, place = status_of(order), place_of(order)
    shop = shop_of(order["lineItems"][0]["purchaseMarketplaceId"])
    currency = order["pricingSummary"]["total"]["currency"]
    basis = PriceBasis(currency, place.get("countryCode") or _home(shop.marketplace), rates)
    gone = status is OrderStatus.CANCELLED
    lines = tuple(_lines(order, basis, gone))
    return ExternalOrder(
        external_id=order["orderId"],
        updated_at=moment(order["lastModifiedDate"], path="lastModifiedDate"),
        status=status,
        ordered_at=moment(order["creationDate"], path="creationDate"),
        shop=shop,
        currency=currency,
        country=basis.country,
        lines=lines,
        total=_total(order, basis),
        refunds=() if gone else tuple(read_refunds(order, basis.split, currency)),
        buyer_ref=buyer_ref(order),
        service=_service(order),
        payload=write_json(without_buyer(order)),
        personal=personal_of(order),
        tax=tax_told(order, place),
    )


def code_of(line: Document) -> str:
    """Return what a line is known by: the seller's SKU, else its listing and variation."""
    if line.get("sku"):
        return str(line["sku"])
    variation = line.get("legacyVariationId")
    return f"item {line['legacyItemId']}" + (f"/{variation}" if variation else "")


def _lines(order: Document, basis: PriceBasis, gone: bool) -> Iterator[ExternalLine]:
    for item in order["lineItems"]:
        yield _goods(item, basis, gone)
        if (postage := _postage(item, basis, gone)) is not None:
            yield postage
    if adjustment := amount_of(order["pricingSummary"].get("adjustment"), basis.currency, "adj"):
        net, tax = basis.split(adjustment, 0)
        kind, title = LineKind.ADJUSTMENT, "Adjustment of the price"
        yield ExternalLine("adjustment", kind, "ADJUSTMENT", title, 1, net, int(gone), tax=tax)
    if gone:
        # The buyer may have paid, and been paid back, before anybody here knew of the order:
        # with a line of nothing it is known, and what was settled for it finds it.
        yield ExternalLine(
            "cancelled", LineKind.ADJUSTMENT, "CANCELLED", "Cancelled order", 0, 0, tax=0
        )


def _goods(item: Document, basis: PriceBasis, gone: bool) -> ExternalLine:
    quantity = item["quantity"]
    if not isinstance(quantity, int) or quantity < 1:
        raise MappingError("lineItems.quantity", quantity)
    gross, theirs = _price(item, basis.currency), collected(item, basis.currency)
    delivery = _delivery(item, basis.currency)
    net, tax = basis.split(gross, _share(theirs, gross, gross + delivery))
    return ExternalLine(
        external_id=item["lineItemId"],
        kind=LineKind.SALE,
        code=code_of(item),
        title=item["title"],
        quantity=quantity,
        net=net,
        cancelled=quantity if gone else 0,
        payload=write_json(item),
        tax=tax,
    )


def _postage(item: Document, basis: PriceBasis, gone: bool) -> ExternalLine | None:
    """Return what the buyer paid for the delivery of a line, if he did."""
    delivery = _delivery(item, basis.currency)
    if not delivery:
        return None
    gross, theirs = _price(item, basis.currency), collected(item, basis.currency)
    # eBay tells one amount of tax for the goods and their delivery.
    of_goods = _share(theirs, gross, gross + delivery)
    net, tax = basis.split(delivery, theirs - of_goods)
    name, kind = f"{item['lineItemId']}/postage", LineKind.POSTAGE
    return ExternalLine(name, kind, "SHIPPING", "Delivery", 1, net, int(gone), tax=tax)


def _price(item: Document, currency: str) -> int:
    """Return what the buyer paid for the goods of a line, discounts taken off."""
    told = item.get("discountedLineItemCost") or item["lineItemCost"]
    return amount_of(told, currency, "lineItems.lineItemCost")


def _delivery(item: Document, currency: str) -> int:
    cost = item.get("deliveryCost") or {}
    parts = ((cost.get("shippingCost"), 1), (cost.get("handlingCost"), 1))
    whole = sum(sign * amount_of(told, currency, "deliveryCost") for told, sign in parts)
    # eBay has written discounts with and without their sign.
    return whole - abs(amount_of(cost.get("discountAmount"), currency, "deliveryCost"))


def _share(tax: int, part: int, whole: int) -> int:
    return tax if part == whole or not whole else tax * part // whole


def _total(order: Document, basis: PriceBasis) -> int:
    """Return eBay's own total without tax, so that a line that was overlooked is noticed."""
    pricing, currency = order["pricingSummary"], basis.currency
    told = amount_of(pricing["total"], currency, "pricingSummary.total")
    told -= amount_of(pricing.get("tax"), currency, "pricingSummary.tax")
    within = 0
    for item in order["lineItems"]:
        theirs = collected(item, currency)
        for gross in (_price(item, currency), _delivery(item, currency)):
            if not theirs:
                within += gross - basis.split(gross, 0)[0]
    adjustment = amount_of(pricing.get("adjustment"), currency, "pricingSummary.adjustment")
    return told - within - (adjustment - basis.split(adjustment, 0)[0])


def _service(order: Document) -> str | None:
    for each in order.get("fulfillmentStartInstructions") or ():
        if code := (each.get("shippingStep") or {}).get("shippingServiceCode"):
            return str(code)
    return None


def _home(marketplace: str) -> str:
    country = marketplace.rpartition("_")[2]
    if not country:
        raise MappingError("shippingStep.shipTo.contactAddress.countryCode", None)
    return country


def rates_of(settings: Mapping[str, Any]) -> str:
    """Return how the account's VAT is written in its settings."""
    return str(settings.get("vat_in_prices") or "")
