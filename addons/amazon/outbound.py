"""Goods in Amazon's warehouses for buyers of other channels: multi-channel fulfilment."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from datetime import UTC
from typing import Any

from addons.amazon.errors import reasons
from addons.amazon.operations import CANCEL_FULFILMENT
from addons.amazon.operations import CREATE_FULFILMENT
from addons.amazon.operations import GET_FULFILMENT
from addons.amazon.operations import PREVIEW_FULFILMENT
from addons.amazon.parcels import parcels_of
from core.api import Address
from core.api import Call
from core.api import FulfilmentOffer
from core.api import FulfilmentOrder
from core.api import FulfilmentSeen
from core.api import FulfilmentState
from core.api import MappingError
from core.api import PushResult
from core.api import RequestRefused
from core.api import choice
from core.api import moment
from core.api import money

STATES = {
    "new": FulfilmentState.OPEN,
    "received": FulfilmentState.OPEN,
    "planning": FulfilmentState.OPEN,
    # Picking has begun: Amazon stops it no more.
    "processing": FulfilmentState.STARTED,
    "complete": FulfilmentState.DONE,
    "completepartialled": FulfilmentState.DONE,
    "cancelled": FulfilmentState.CANCELLED,
    "unfulfillable": FulfilmentState.REFUSED,
    "invalid": FulfilmentState.REFUSED,
}
"""Amazon's model writes the statuses as `Processing`, its examples as `PROCESSING`."""
WHY = {
    "unfulfillable": "Amazon found none of it fit for sale.",
    "invalid": "Amazon could not take it: the address is not valid, or too little is in stock.",
    "completepartialled": "Amazon could not send all of it.",
}
SPEEDS = ("Standard", "Expedited", "Priority")
NOT_FOUND = 404
COMMENT = "Thank you for your order!"
TEXT = "%Y-%m-%dT%H:%M:%SZ"

Document = Mapping[str, Any]


def send(call: Call, order: FulfilmentOrder, *, again: bool) -> PushResult:
    """Ask Amazon to send goods; what it knows already, by our key, is not asked for twice."""
    try:
        if not (again and _known(call, order)):
            call.http.call(CREATE_FULFILMENT, json=request(order, call.settings))
    except RequestRefused as error:
        return PushResult(order.key, False, reasons(error))
    return PushResult(order.key, True)


def cancel(call: Call, key: str) -> PushResult:
    """Ask Amazon not to send what it has not begun to pick."""
    try:
        call.http.call(CANCEL_FULFILMENT, path={"key": key})
    except RequestRefused as error:
        return PushResult(key, False, reasons(error))
    return PushResult(key, True)


def read(call: Call, keys: Sequence[str]) -> list[FulfilmentSeen]:
    """Return how each stands that Amazon knows."""
    found = [_told(call, key) for key in keys]
    return [_seen(call, each) for each in found if each is not None]


def preview(call: Call, order: FulfilmentOrder) -> list[FulfilmentOffer]:
    """Return what each speed would cost, and how long it would take.

    Raises: RequestRefused, MappingError.
    """
    body = {
        "marketplaceId": call.settings["marketplace"],
        "address": address_of(order.address),
        "items": _items(order),
        "shippingSpeedCategories": list(SPEEDS),
    }
    told = call.http.call(PREVIEW_FULFILMENT, json=body).json()
    return [read_offer(each) for each in _payload(told).get("fulfillmentPreviews") or ()]


def request(order: FulfilmentOrder, settings: Mapping[str, Any]) -> Document:
    """Return what asks for a fulfilment: all of it or nothing, so that a buyer gets one parcel."""
    body: dict[str, Any] = {
        "marketplaceId": settings["marketplace"],
        "sellerFulfillmentOrderId": order.key,
        "displayableOrderId": order.order_ref[:40],
        "displayableOrderDate": order.ordered_at.astimezone(UTC).strftime(TEXT),
        "displayableOrderComment": settings["mcf_comment"] or COMMENT,
        "shippingSpeedCategory": settings["mcf_speed"],
        "fulfillmentAction": "Ship",
        "fulfillmentPolicy": "FillOrKill",
        "destinationAddress": address_of(order.address),
        "items": _items(order),
    }
    if settings["mcf_blank_box"]:
        feature = {"featureName": "BLANK_BOX", "featureFulfillmentPolicy": "Required"}
        body["featureConstraints"] = [feature]
    return body


def address_of(address: Address) -> Document:
    """Return an address as Amazon takes it; a street has three lines at most."""
    street = [line for line in address.street.split("\n") if line.strip()]
    if address.company:
        street.insert(0, address.company)
    lines = [*street[:2], " ".join(street[2:])]
    told = {
        "name": address.name or address.company,
        **{f"addressLine{at}": line for at, line in enumerate(lines, 1)},
        "city": address.city,
        "districtOrCounty": address.district,
        "stateOrRegion": address.region,
        "postalCode": address.postcode,
        "countryCode": address.country,
        "phone": address.phone,
    }
    needed = ("name", "addressLine1", "postalCode", "countryCode")
    return {name: text for name, text in told.items() if text or name in needed}


def read_offer(document: Document) -> FulfilmentOffer:
    """Return what sending at one speed would be like.

    Raises: MappingError.
    """
    fees = [each["amount"] for each in document.get("estimatedFees") or ()]
    currencies = {each["currencyCode"] for each in fees}
    if len(currencies) > 1:
        raise MappingError("estimatedFees.currencyCode", ", ".join(sorted(currencies)))
    currency = next(iter(currencies), "")
    parcels = document.get("fulfillmentPreviewShipments") or ()
    leaves = [each["latestShipDate"] for each in parcels if each.get("latestShipDate")]
    arrives = [each["latestArrivalDate"] for each in parcels if each.get("latestArrivalDate")]
    lacking = [
        f"{item['sellerSku']}: {why}"
        for item in document.get("unfulfillablePreviewItems") or ()
        for why in item.get("itemUnfulfillableReasons") or ("not available",)
    ]
    return FulfilmentOffer(
        document["shippingSpeedCategory"],
        document["isFulfillable"],
        sum(money(each["value"], currency, path="estimatedFees") for each in fees)
        if fees
        else None,
        currency,
        max((moment(each, path="latestShipDate") for each in leaves), default=None),
        max((moment(each, path="latestArrivalDate") for each in arrives), default=None),
        (*(document.get("orderUnfulfillableReasons") or ()), *lacking),
    )


def _items(order: FulfilmentOrder) -> list[Document]:
    return [
        {
            "sellerSku": each.code,
            "sellerFulfillmentOrderItemId": each.ref,
            "quantity": each.quantity,
        }
        for each in order.lines
    ]


def _known(call: Call, order: FulfilmentOrder) -> bool:
    """Say whether Amazon has this fulfilment already, from an attempt without an answer.

    Raises: MappingError where the key is that of another order.
    """
    told = _told(call, order.key)
    if told is None:
        return False
    ref = told["fulfillmentOrder"]["displayableOrderId"]
    if ref != order.order_ref[:40]:
        raise MappingError("displayableOrderId", ref, hint="Amazon knows the key of another order.")
    return True


def _told(call: Call, key: str) -> Document | None:
    try:
        return _payload(call.http.call(GET_FULFILMENT, path={"key": key}).json())
    except RequestRefused as error:
        if error.status == NOT_FOUND:
            return None
        raise


def _payload(body: Any) -> Document:
    found = body.get("payload") if isinstance(body, dict) else None
    if not isinstance(found, dict):
        raise MappingError("payload", type(found).__name__)
    return found


def _seen(call: Call, document: Document) -> FulfilmentSeen:
    order = document["fulfillmentOrder"]
    status = order["fulfillmentOrderStatus"]
    word = status.replace("_", "").lower()
    return FulfilmentSeen(
        order["sellerFulfillmentOrderId"],
        choice(word, STATES, path="fulfillmentOrderStatus"),
        status,
        tuple(parcels_of(call, document)),
        WHY.get(word, ""),
    )
