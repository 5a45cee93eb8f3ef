"""Shipping labels that Amazon sells for orders that the seller sends himself: Buy Shipping.

Merchant Fulfillment knows no key of ours and lists no labels of an order: a purchase without an
answer is looked for among the order's packages, and where it is not there, a person looks.
"""

from __future__ import annotations

import binascii
import gzip
from base64 import b64decode
from collections.abc import Iterator
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from addons.amazon.errors import reasons
from addons.amazon.inputs import shipment_inputs
from addons.amazon.operations import CANCEL_LABEL
from addons.amazon.operations import CREATE_LABEL
from addons.amazon.operations import ELIGIBLE_SERVICES
from addons.amazon.operations import GET_LABEL
from addons.amazon.operations import GET_ORDER
from core.api import Address
from core.api import BoughtLabel
from core.api import Call
from core.api import LabelOffer
from core.api import LabelRequest
from core.api import MappingError
from core.api import PushResult
from core.api import RequestRefused
from core.api import moment
from core.api import money

VOIDED = frozenset({"RefundPending", "RefundApplied"})
GONE = frozenset({"CANCELLED"})
MORE = "more|"
"""Stands before the name of an offer for which Amazon wants to know more."""
OK = 200
GZIP = b"\x1f\x8b"

Document = Mapping[str, Any]


def offers(call: Call, request: LabelRequest) -> list[LabelOffer]:
    """Return which services would carry a parcel.

    Raises: RequestRefused, MappingError; where none would, with Amazon's reasons.
    """
    body = {"ShipmentRequestDetails": details(request, call.settings)}
    told = _asked(call, ELIGIBLE_SERVICES, json=body)
    services = told.get("ShippingServiceList")
    if not isinstance(services, list):
        raise MappingError("ShippingServiceList", type(services).__name__)
    if not services:
        why = "; ".join(_why(told))
        raise RequestRefused(f"No carrier of Amazon's takes it. {why}".strip(), status=OK)
    return [read_offer(each) for each in services]


def buy(call: Call, request: LabelRequest, offer: LabelOffer, *, again: bool) -> BoughtLabel | None:
    """Buy a label; one that may have been bought is looked for, and never bought twice.

    Raises: RequestRefused with Amazon's words.
    """
    if again:
        return _found(call, request)
    service = offer.service
    body: dict[str, Any] = {
        "ShipmentRequestDetails": details(request, call.settings),
        "ShippingServiceId": service,
        "ShippingServiceOfferId": offer.ref.removeprefix(MORE),
    }
    if offer.ref.startswith(MORE):
        sender = address_of(request.sender)
        body["ShipmentLevelSellerInputsList"] = shipment_inputs(
            call, request.order_ref, service, sender
        )
    return read_label(_asked(call, CREATE_LABEL, json=body))


def fetch(call: Call, ref: str) -> BoughtLabel:
    """Return a label that was bought, with its file.

    Raises: RequestRefused.
    """
    return read_label(_asked(call, GET_LABEL, path={"shipment_id": ref}))


def void(call: Call, ref: str) -> PushResult:
    """Ask Amazon to take back a label that was not used, and to pay it back."""
    try:
        told = _asked(call, CANCEL_LABEL, path={"shipment_id": ref})
    except RequestRefused as error:
        return PushResult(ref, False, reasons(error))
    status = str(told.get("Status"))
    return PushResult(ref, status in VOIDED, "" if status in VOIDED else f"Amazon says {status}.")


def details(request: LabelRequest, settings: Mapping[str, Any]) -> Document:
    """Return what Amazon is told of a parcel."""
    options: dict[str, Any] = {
        "DeliveryExperience": settings["label_delivery"],
        "CarrierWillPickUp": False,
        "CarrierWillPickUpOption": "ShipperWillDropOff",
        "LabelFormat": settings["label_format"],
    }
    parcel = request.parcel
    return {
        "AmazonOrderId": request.order_ref,
        "ItemList": [
            {"OrderItemId": line.ref, "Quantity": line.quantity} for line in request.lines
        ],
        "ShipFromAddress": address_of(request.sender),
        "PackageDimensions": {
            "Length": parcel.length_mm / 10,
            "Width": parcel.width_mm / 10,
            "Height": parcel.height_mm / 10,
            "Unit": "centimeters",
        },
        "Weight": {"Value": parcel.grams, "Unit": "g"},
        "ShippingServiceOptions": options,
    }


def address_of(address: Address) -> Document:
    """Return an address as Amazon takes it here; a street has three lines at most."""
    street = [line for line in address.street.split("\n") if line.strip()]
    if address.company:
        street.insert(0, address.company)
    lines = [*street[:2], " ".join(street[2:])]
    told = {
        "Name": address.name or address.company,
        **{f"AddressLine{at}": line for at, line in enumerate(lines, 1)},
        "DistrictOrCounty": address.district,
        "Email": address.email,
        "City": address.city,
        "StateOrProvinceCode": address.region,
        "PostalCode": address.postcode,
        "CountryCode": address.country,
        "Phone": address.phone,
    }
    needed = ("Name", "AddressLine1", "Email", "City", "PostalCode", "CountryCode", "Phone")
    return {name: text for name, text in told.items() if text or name in needed}


def read_offer(document: Document) -> LabelOffer:
    """Return what a service would be like, at the price that is charged for it.

    Raises: MappingError.
    """
    price, currency = _price(document)
    leaves = moment(document["ShipDate"], path="ShipDate")
    more = MORE if document.get("RequiresAdditionalSellerInputs") else ""
    return LabelOffer(
        document["ShippingServiceId"],
        document["ShippingServiceName"],
        document["CarrierName"],
        price,
        currency,
        more + document["ShippingServiceOfferId"],
        _days(leaves, document.get("EarliestEstimatedDeliveryDate")),
        _days(leaves, document.get("LatestEstimatedDeliveryDate")),
    )


def read_label(document: Document) -> BoughtLabel:
    """Return a label that was bought.

    Raises: MappingError.
    """
    service = document["ShippingService"]
    price, currency = _price(service)
    file = (document.get("Label") or {}).get("FileContents") or {}
    content = unpacked(str(file.get("Contents") or ""))
    return BoughtLabel(
        document["ShipmentId"],
        service["CarrierName"],
        str(document.get("TrackingId") or ""),
        price,
        currency,
        content,
        str(file.get("FileType") or "") if content else "",
    )


def unpacked(text: str) -> bytes:
    """Return a label's file from its packed text, nothing where it is cut.

    The money is spent by then: the label itself is kept, and its file is fetched again.
    """
    try:
        packed = b64decode(text, validate=True)
        return gzip.decompress(packed) if packed.startswith(GZIP) else packed
    except (binascii.Error, OSError, EOFError):
        return b""


def _price(service: Document) -> tuple[int, str]:
    told = service.get("RateWithAdjustments") or service["Rate"]
    currency = str(told["CurrencyCode"])
    return money(told["Amount"], currency, path="RateWithAdjustments"), currency


def _days(leaves: datetime, arrives: object) -> int | None:
    if not arrives:
        return None
    return max(0, (moment(arrives, path="EstimatedDeliveryDate").date() - leaves.date()).days)


def _why(told: Document) -> Iterator[str]:
    for each in told.get("RejectedShippingServiceList") or ():
        why = each.get("RejectionReasonMessage") or each["RejectionReasonCode"]
        yield f"{each['ShippingServiceName']}: {why}"
    for name, said in (
        ("TermsAndConditionsNotAcceptedCarrierList", "accept its terms in Seller Central"),
        ("TemporarilyUnavailableCarrierList", "not available for the time being"),
    ):
        for each in told.get(name) or ():
            yield f"{each['CarrierName']}: {said}"


def _found(call: Call, request: LabelRequest) -> BoughtLabel | None:
    """Return the package that appeared since the label was asked for, with its number alone."""
    query = {"includedData": "PACKAGES"}
    told = call.http.call(GET_ORDER, path={"order_id": request.order_ref}, query=query).json()
    for each in told["order"].get("packages") or ():
        made = each.get("createdTime")
        status = (each.get("packageStatus") or {}).get("status")
        if not made or status in GONE or not each.get("trackingNumber"):
            continue
        if moment(made, path="createdTime") >= request.asked_at.replace(microsecond=0):
            return BoughtLabel("", str(each.get("carrier") or ""), str(each["trackingNumber"]))
    return None


def _asked(call: Call, operation: Any, **more: Any) -> Document:
    try:
        body = call.http.call(operation, **more).json()
    except RequestRefused as error:
        said = reasons(error)
        raise RequestRefused(said, status=error.status, detail=error.detail) from error
    payload = body.get("payload") if isinstance(body, dict) else None
    if not isinstance(payload, dict):
        # Its type alone: the answer tells of persons.
        raise MappingError("payload", type(payload).__name__)
    return payload
