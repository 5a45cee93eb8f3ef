"""Listings: what is told of them, and what Amazon shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from addons.amazon.errors import reasons
from addons.amazon.operations import PATCH_LISTING
from addons.amazon.operations import PUT_LISTING
from core.api import Call
from core.api import ExternalListing
from core.api import ListingDraft
from core.api import ListingVerdict
from core.api import MappingError
from core.api import Operation
from core.api import PriceUpdate
from core.api import PushResult
from core.api import RequestRefused
from core.api import StockSeen
from core.api import StockUpdate
from core.api import minor_digits
from core.api import moment
from core.api import money

OWN = "DEFAULT"
"""Amazon's name for what the seller sends himself; its own warehouses have others."""
ANY_PRODUCT = "PRODUCT"
"""What is told does not depend on the kind of product."""

WHOLE = "LISTING"
"""A draft has the facts of the product and the terms of its sale."""
TAKEN = ("ACCEPTED", "VALID")

Document = Mapping[str, Any]


def stock_patch(update: StockUpdate) -> Document:
    """Return what sets the quantity of a listing."""
    value = {"fulfillment_channel_code": OWN, "quantity": update.quantity}
    return {"op": "replace", "path": "/attributes/fulfillment_availability", "value": [value]}


def price_patch(update: PriceUpdate, marketplace: str) -> Document:
    """Return what sets the price of a listing."""
    # Amazon wants a number; this one is written with the digits that it has.
    price = update.price / 10 ** minor_digits(update.currency)
    value = {
        "marketplace_id": marketplace,
        "currency": update.currency,
        "our_price": [{"schedule": [{"value_with_tax": price}]}],
    }
    return {"op": "replace", "path": "/attributes/purchasable_offer", "value": [value]}


def push(call: Call, sku: str, key: str, patch: Document, *, preview: bool = False) -> PushResult:
    """Change a listing, or with `preview` ask only whether Amazon would take it.

    What Amazon does not take is told with a 200, or with a 400.
    """
    body = {"productType": ANY_PRODUCT, "patches": [patch]}
    return _sent(call, PATCH_LISTING, sku, key, body, preview=preview)


def publish(call: Call, draft: ListingDraft, *, preview: bool) -> ListingVerdict:
    """Offer a listing with all its attributes, or ask only whether Amazon would take it.

    Amazon says more of a listing later, such as that its picture is none: it stands there.
    """
    body = {"productType": draft.kind, "requirements": WHOLE, "attributes": dict(draft.attributes)}
    try:
        told = _asked(call, PUT_LISTING, draft.external_ref, body, preview=preview)
    except RequestRefused as error:
        return ListingVerdict(draft.external_ref, False, (reasons(error),))
    issues = tuple(
        f"{each['message']} ({', '.join(each['attributeNames'])})"
        if each.get("attributeNames")
        else each["message"]
        for each in told.get("issues") or ()
    )
    return ListingVerdict(draft.external_ref, told.get("status") in TAKEN, issues)


def _sent(
    call: Call, operation: Operation, sku: str, key: str, body: Document, *, preview: bool
) -> PushResult:
    try:
        told = _asked(call, operation, sku, body, preview=preview)
    except RequestRefused as error:
        return PushResult(key, False, reasons(error))
    issues = [each["message"] for each in told.get("issues") or () if each["severity"] == "ERROR"]
    if told.get("status") not in TAKEN:
        return PushResult(key, False, "; ".join(issues) or f"Amazon said {told.get('status')!r}.")
    return PushResult(key, True)


def _asked(
    call: Call, operation: Operation, sku: str, body: Document, *, preview: bool
) -> Document:
    path = {"seller_id": call.settings["seller_id"], "sku": sku}
    query = {"marketplaceIds": call.settings["marketplace"]}
    if preview:
        query |= {"mode": "VALIDATION_PREVIEW", "includedData": "identifiers,issues"}
    told: Document = call.http.call(operation, path=path, query=query, json=body).json()
    return told


def shown(item: Document) -> StockSeen | None:
    """Return what Amazon shows of a listing; None when the seller does not send it himself."""
    for each in item.get("fulfillmentAvailability") or ():
        if each["fulfillmentChannelCode"] == OWN:
            return StockSeen(item["sku"], each.get("quantity", 0))
    return None


def read_listing(item: Document) -> ExternalListing:
    """Return a listing.

    Raises: MappingError.
    """
    summary = next(iter(item.get("summaries") or ()), None)
    if summary is None:
        raise MappingError("summaries", None)
    offer = next((each for each in item.get("offers") or () if each["offerType"] == "B2C"), None)
    price, currency = None, ""
    if offer is not None:
        currency = offer["price"]["currencyCode"]
        price = money(offer["price"]["amount"], currency, path="offers.price")
    seen = shown(item)
    return ExternalListing(
        item["sku"],
        summary.get("itemName") or "",
        price,
        currency,
        seen.quantity if seen is not None else None,
        moment(summary["lastUpdatedDate"], path="lastUpdatedDate"),
    )
