"""Telling eBay which parcels left. Told twice it would be two: what it knows is looked up first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from addons.ebay.asking import ask
from addons.ebay.asking import text_of
from addons.ebay.errors import reasons
from addons.ebay.operations import CREATE_PARCEL
from addons.ebay.operations import GET_PARCELS
from core.api import Http
from core.api import MappingError
from core.api import PushResult
from core.api import RequestRefused
from core.api import Shipment

API = "fulfillment"
UNNAMED = "Other"
Document = Mapping[str, Any]


def confirm(http: Http, shipment: Shipment) -> PushResult:
    """Tell of one parcel, unless eBay knows of it."""
    where = {"order_id": shipment.order_id}
    lines = {ref: quantity for ref, quantity in shipment.lines.items() if quantity}
    try:
        known = _known(http, shipment.order_id)
        if _is_told(known, plain(shipment.tracking), lines):
            return PushResult(shipment.key, True)
        ask(http, CREATE_PARCEL, api=API, path=where, json=_body(shipment, lines), expect=(201,))
    except RequestRefused as error:
        return PushResult(shipment.key, False, reasons(error))
    return PushResult(shipment.key, True)


def plain(text: str) -> str:
    """Return a number or a carrier as eBay takes it: letters and digits alone."""
    return "".join(sign for sign in text if sign.isascii() and sign.isalnum())


def _known(http: Http, order_id: str) -> list[Document]:
    answer = ask(http, GET_PARCELS, api=API, path={"order_id": order_id}) or {}
    found = answer.get("fulfillments")
    if not isinstance(found, list):
        raise MappingError("fulfillments", type(found).__name__)
    return found


def _is_told(known: list[Document], tracking: str, lines: Mapping[str, int]) -> bool:
    """Say whether eBay knows a parcel: by its number, without one by what has left already."""
    if tracking:
        return any(plain(each.get("shipmentTrackingNumber") or "") == tracking for each in known)
    left: Counter[str] = Counter()
    for each in known:
        if not each.get("shipmentTrackingNumber"):
            for line in each.get("lineItems") or ():
                left[str(line["lineItemId"])] += line.get("quantity") or 0
    return bool(lines) and all(left[ref] >= quantity for ref, quantity in lines.items())


def _body(shipment: Shipment, lines: Mapping[str, int]) -> Document:
    body: dict[str, Any] = {
        "lineItems": [{"lineItemId": ref, "quantity": quantity} for ref, quantity in lines.items()],
        "shippedDate": text_of(shipment.shipped_at),
    }
    if tracking := plain(shipment.tracking):
        # Carrier and number are given both or not at all.
        body["trackingNumber"] = tracking
        body["shippingCarrierCode"] = plain(shipment.carrier) or UNNAMED
    return body
