"""Telling Amazon which parcels left."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from hashlib import blake2b
from typing import Any

from addons.amazon.errors import reasons
from addons.amazon.operations import CONFIRM_SHIPMENT
from addons.amazon.operations import GET_ORDER
from core.api import Http
from core.api import PushResult
from core.api import RequestRefused
from core.api import Shipment

# Carriers that Amazon knows by a code; all others are "Other", with their name.
CARRIERS = frozenset(
    "DHL DPD FedEx GLS Hermes UPS USPS TNT Yodel Royal_Mail Deutsche_Post Chronopost".split()
)
LEFT = frozenset({"IN_TRANSIT", "SHIPPED", "DELIVERED"})
TEXT = "%Y-%m-%dT%H:%M:%SZ"


def confirm(http: Http, shipment: Shipment) -> PushResult:
    """Tell of one parcel, unless Amazon knows of it."""
    path = {"order_id": shipment.order_id}
    reference = reference_of(shipment.key)
    try:
        query = {"includedData": "PACKAGES"}
        order = http.call(GET_ORDER, path=path, query=query).json()["order"]
        if not any(_is_known(each, reference, shipment) for each in order.get("packages") or ()):
            place = order["salesChannel"].get("marketplaceId")
            body = {"marketplaceId": place, "packageDetail": _package(shipment, reference)}
            http.call(CONFIRM_SHIPMENT, path=path, json=body)
    except RequestRefused as error:
        return PushResult(shipment.key, False, reasons(error))
    return PushResult(shipment.key, True)


def _is_known(package: Mapping[str, Any], reference: str, shipment: Shipment) -> bool:
    """Say whether Amazon knows of a parcel: by our number, or as sent with a label of its own."""
    if package["packageReferenceId"] == reference:
        return True
    status = (package.get("packageStatus") or {}).get("status")
    number = package.get("trackingNumber")
    return bool(number) and number == shipment.tracking and status in LEFT


def reference_of(key: str) -> str:
    """Return a parcel's number for Amazon, which takes positive numbers only."""
    return str(int.from_bytes(blake2b(key.encode(), digest_size=5).digest(), "big") + 1)


def _package(shipment: Shipment, reference: str) -> Mapping[str, Any]:
    code = shipment.carrier.replace(" ", "_")
    known = code in CARRIERS
    carrier = {"carrierCode": code.replace("_", " ") if known else "Other"}
    if not known:
        carrier["carrierName"] = shipment.carrier
    return {
        "packageReferenceId": reference,
        **carrier,
        "trackingNumber": shipment.tracking,
        "shipDate": shipment.shipped_at.astimezone(UTC).strftime(TEXT),
        "orderItems": [
            {"orderItemId": ref, "quantity": quantity} for ref, quantity in shipment.lines.items()
        ],
    }
