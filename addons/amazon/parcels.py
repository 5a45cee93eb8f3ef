"""Parcels that Amazon sent for other channels, each with its carrier and number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

from addons.amazon.operations import TRACK_PACKAGE
from core.api import Call
from core.api import FulfilmentParcel
from core.api import RequestRefused
from core.api import moment

LEFT = "SHIPPED"

Document = Mapping[str, Any]


def parcels_of(call: Call, document: Document) -> Iterator[FulfilmentParcel]:
    """Yield every parcel of a fulfilment that has left; a shipment may be several."""
    changed = document["fulfillmentOrder"]["statusUpdatedDate"]
    for shipment in document.get("fulfillmentShipments") or ():
        if shipment["fulfillmentShipmentStatus"] != LEFT:
            continue
        left_at = moment(shipment.get("shippingDate") or changed, path="shippingDate")
        packages = {
            each["packageNumber"]: each for each in shipment.get("fulfillmentShipmentPackage") or ()
        }
        for number, lines in _packed(shipment, packages).items():
            package = packages.get(number, {})
            yield FulfilmentParcel(
                f"{shipment['amazonShipmentId']}/{number}",
                package.get("carrierCode") or "Amazon",
                _tracking(call, package),
                left_at,
                lines,
            )


def _packed(shipment: Document, packages: Mapping[int, Document]) -> dict[int, Counter[str]]:
    """Return how many of each line are in each package; what names none of them is in the first."""
    first = min(packages, default=0)
    found: dict[int, Counter[str]] = {}
    for item in shipment["fulfillmentShipmentItem"]:
        number = item.get("packageNumber", first)
        number = number if number in packages else first
        lines = found.setdefault(number, Counter())
        lines[item["sellerFulfillmentOrderItemId"]] += item["quantity"]
    return found


def _tracking(call: Call, package: Document) -> str:
    """Return a parcel's number at its carrier, asked for where the fulfilment does not tell it."""
    told = package.get("trackingNumber")
    if told or not package:
        return str(told or "")
    try:
        query = {"packageNumber": package["packageNumber"]}
        body = call.http.call(TRACK_PACKAGE, query=query).json()
    except RequestRefused:
        # Amazon tells of some parcels later: without a number they have left all the same.
        body = {}
    known = (body.get("payload") or {}).get("trackingNumber")
    return str(known or package.get("amazonFulfillmentTrackingNumber") or "")
