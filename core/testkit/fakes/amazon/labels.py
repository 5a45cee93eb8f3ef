"""Merchant Fulfillment v0: labels that Amazon sells for orders that the seller sends himself."""

from __future__ import annotations

import gzip
import hashlib
import uuid
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from typing import Any

from werkzeug.wrappers import Response

from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation
from core.testkit.fakes.label_files import label_file
from core.testkit.fakes.rates import Published
from core.testkit.fakes.time import text_of
from core.testkit.fakes.trade import Sale
from core.testkit.fakes.truth import Fact
from core.testkit.fakes.truth import Kind

PATH = "/mfn/v0"
SERVICES = {
    "RM_48": ("Royal Mail Tracked 48", "ROYAL_MFN", 335, 2, 3),
    "RM_24": ("Royal Mail Tracked 24", "ROYAL_MFN", 429, 1, 2),
    "DPD_UK_NEXT": ("DPD Next Day", "DPD_UK", 599, 1, 1),
}
"""What each costs up to a kilogram, and between which days it arrives."""
SIGNED_FOR = "DPD_UK_NEXT"
"""It wants to know more before a label of it is sold."""
FORMATS = {
    "PDF": ("pdf", "application/pdf"),
    "PNG": ("png", "image/png"),
    "ZPL203": ("zpl", "application/zpl"),
    "ZPL300": ("zpl", "application/zpl"),
}
NEEDED = ("Name", "AddressLine1", "Email", "City", "PostalCode", "CountryCode", "Phone")
HEAVIEST = 30_000

Document = dict[str, Any]


@dataclass
class Sold:
    """A label that was sold."""

    ref: str
    sale: Sale
    asked: Document
    service: str
    price: int
    tracking: str
    sold_at: datetime
    status: str = "Purchased"


class Labels(Part):
    """Labels."""

    @operation(
        "getEligibleShipmentServices", "POST", f"{PATH}/eligibleShippingServices", Published(6, 12)
    )
    def eligible(self, asked: Asked) -> Response:
        """Say which services would carry a parcel."""
        details = asked.document()["ShipmentRequestDetails"]
        self._require(details)
        grams = _grams(details)
        if grams > HEAVIEST:
            rejected = [
                {
                    "CarrierName": carrier,
                    "ShippingServiceName": name,
                    "ShippingServiceId": ref,
                    "RejectionReasonCode": "PACKAGE_TOO_HEAVY",
                    "RejectionReasonMessage": "The package weighs too much.",
                }
                for ref, (name, carrier, *_) in SERVICES.items()
            ]
            payload = {"ShippingServiceList": [], "RejectedShippingServiceList": rejected}
            return as_json({"payload": payload})
        found = [self._service(ref, details) for ref in SERVICES]
        return as_json({"payload": {"ShippingServiceList": found}})

    @operation(
        "getAdditionalSellerInputs", "POST", f"{PATH}/additionalSellerInputs", Published(1, 1)
    )
    def inputs(self, asked: Asked) -> Response:
        """Say what a service wants to know beside; the seller told it once, or did not."""
        self._sale(asked.document()["OrderId"])
        told = self.fake.label_inputs
        stored: Document = {"DataType": "String"} | ({"ValueAsString": told} if told else {})
        field = {
            "AdditionalInputFieldName": "SENDER_EORI",
            "SellerInputDefinition": {
                "IsRequired": True,
                "DataType": "String",
                "Constraints": [{"ValidationString": "An EORI number"}],
                "InputDisplayText": "EORI number of the sender",
                "InputTarget": "SHIPMENT_LEVEL",
                "StoredValue": stored,
            },
        }
        return as_json({"payload": {"ShipmentLevelFields": [field], "ItemLevelFieldsList": []}})

    @operation("createShipment", "POST", f"{PATH}/shipments", Published(2, 2))
    def create(self, asked: Asked) -> Response:
        """Sell a label: asked twice it is sold twice, for what is still to be sent."""
        body = asked.document()
        details, service = body["ShipmentRequestDetails"], body["ShippingServiceId"]
        sale = self._require(details)
        if service not in SERVICES:
            raise Refusal(400, "InvalidInput", f"ShippingServiceId {service} is unknown.")
        if service == SIGNED_FOR and not body.get("ShipmentLevelSellerInputsList"):
            raise Refusal(400, "InvalidInput", "SENDER_EORI is missing.")
        now = self.fake.clock.now().replace(microsecond=0)
        price = _price(service, details)
        number = self.fake.trade.next_number()
        made = Sold(
            str(uuid.UUID(int=int(number) + (1 << 100))), sale, details, service, price,
            f"BS{number}GB", now,
        )  # fmt: skip
        self.fake.labels[made.ref] = made
        self.fake.trade.truth.add(Fact(now, Kind.LABEL, -price, sale.ref))
        return as_json({"payload": self._shown(made)})

    @operation("merchantFulfillment.getShipment", "GET", f"{PATH}/shipments/<ref>", Published(1, 1))
    def get(self, asked: Asked) -> Response:
        """Return a label that was sold."""
        return as_json({"payload": self._shown(self._sold(asked))})

    @operation("cancelShipment", "DELETE", f"{PATH}/shipments/<ref>", Published(1, 1))
    def cancel(self, asked: Asked) -> Response:
        """Take a label back that was not used, and give its price back."""
        made = self._sold(asked)
        if made.status == "Purchased":
            if any(parcel.tracking == made.tracking for parcel in made.sale.parcels):
                raise Refusal(400, "InvalidInput", "The shipment was handed over already.")
            made.status = "RefundPending"
            now = self.fake.clock.now().replace(microsecond=0)
            self.fake.trade.truth.add(Fact(now, Kind.LABEL, made.price, made.sale.ref))
        return as_json({"payload": self._shown(made)})

    def _require(self, details: Document) -> Sale:
        """Return the order of a parcel that may be sent so.

        Raises: Refusal.
        """
        sale, sender = self._sale(details["AmazonOrderId"]), details["ShipFromAddress"]
        if lacking := [name for name in NEEDED if not sender.get(name)]:
            raise Refusal(400, "InvalidInput", f"ShipFromAddress.{lacking[0]} is missing.")
        lines = {item.ref: item for item in sale.items}
        for each in details["ItemList"]:
            item = lines.get(each["OrderItemId"])
            if sale.stored or item is None or item.open < each["Quantity"]:
                raise Refusal(400, "InvalidInput", f"{each['OrderItemId']} is not to be shipped.")
        if not details["ItemList"] or _grams(details) <= 0:
            raise Refusal(400, "InvalidInput", "ItemList and Weight are needed.")
        return sale

    def _sale(self, ref: str) -> Sale:
        found: Sale | None = self.fake.trade.sales.get(ref)
        if found is None:
            raise Refusal(400, "InvalidInput", f"The order {ref} does not exist.")
        return found

    def _sold(self, asked: Asked) -> Sold:
        found: Sold | None = self.fake.labels.get(asked.path["ref"])
        if found is None:
            raise Refusal(404, "ResourceNotFound", "The shipment does not exist.")
        return found

    def _service(self, ref: str, details: Document) -> Document:
        name, carrier, _, first, last = SERVICES[ref]
        now, money = self.fake.clock.now(), self._money(_price(ref, details))
        return {
            "ShippingServiceName": name,
            "CarrierName": carrier,
            "ShippingServiceId": ref,
            "ShippingServiceOfferId": f"offer-{ref}-{_grams(details)}",
            "ShipDate": text_of(now),
            "EarliestEstimatedDeliveryDate": text_of(now + timedelta(days=first)),
            "LatestEstimatedDeliveryDate": text_of(now + timedelta(days=last)),
            "Rate": money,
            "RateWithAdjustments": money,
            "ShippingServiceOptions": {
                name: value
                for name, value in details["ShippingServiceOptions"].items()
                if name in ("DeliveryExperience", "CarrierWillPickUp")
            },
            "AvailableLabelFormats": [*FORMATS, "ShippingServiceDefault"],
            "RequiresAdditionalSellerInputs": ref == SIGNED_FOR,
        }

    def _shown(self, made: Sold) -> Document:
        kind, media = FORMATS[made.asked["ShippingServiceOptions"].get("LabelFormat", "PDF")]
        content = gzip.compress(label_file(kind, made.tracking), mtime=0)
        checksum = b64encode(hashlib.md5(content, usedforsecurity=False).digest())
        buyer = made.sale.buyer
        return {
            "ShipmentId": made.ref,
            "AmazonOrderId": made.sale.ref,
            "ItemList": made.asked["ItemList"],
            "ShipFromAddress": made.asked["ShipFromAddress"],
            "ShipToAddress": {
                "Name": buyer.name,
                "AddressLine1": buyer.street,
                "Email": "",
                "City": buyer.city,
                "PostalCode": buyer.postcode,
                "CountryCode": buyer.country,
                "Phone": "",
            },
            "PackageDimensions": made.asked["PackageDimensions"],
            "Weight": made.asked["Weight"],
            "Insurance": self._money(0),
            "ShippingService": self._service(made.service, made.asked),
            "Label": {
                "Dimensions": {"Length": 6.0, "Width": 4.0, "Unit": "inches"},
                "FileContents": {
                    "Contents": b64encode(content).decode(),
                    "FileType": media,
                    "Checksum": checksum.decode(),
                },
            },
            "Status": made.status,
            "TrackingId": made.tracking,
            "CreatedDate": text_of(made.sold_at),
        }

    def _money(self, amount: int) -> Document:
        return {"CurrencyCode": self.fake.trade.terms.currency, "Amount": round(amount / 100, 2)}


def package_of(made: Sold) -> Document:
    """Return a label as the packages of its order show it, until the parcel was told of."""
    return {
        "packageReferenceId": made.ref,
        "createdTime": text_of(made.sold_at),
        "packageStatus": {
            "status": "CANCELLED" if made.status != "Purchased" else "PENDING",
        },
        "carrier": SERVICES[made.service][1],
        "trackingNumber": made.tracking,
        "packageItems": [
            {"orderItemId": each["OrderItemId"], "quantity": each["Quantity"]}
            for each in made.asked["ItemList"]
        ],
    }


def _grams(details: Document) -> int:
    weight = details["Weight"]
    return round(float(weight["Value"]) * (28.35 if weight["Unit"] == "oz" else 1))


def _price(service: str, details: Document) -> int:
    return SERVICES[service][2] + 80 * max(0, (_grams(details) - 1) // 1000)
