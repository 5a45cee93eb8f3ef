"""Fulfillment Outbound 2020-07-01: goods in Amazon's warehouses for buyers of other channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from datetime import timedelta
from typing import Any

from werkzeug.wrappers import Response

from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation
from core.testkit.fakes.rates import Published
from core.testkit.fakes.time import text_of

PATH = "/fba/outbound/2020-07-01"
OPEN = ("New", "Received", "Planning")
NEEDED = "sellerFulfillmentOrderId displayableOrderId displayableOrderDate displayableOrderComment"
NEEDED_FOR_ALL = (*NEEDED.split(), "shippingSpeedCategory", "destinationAddress", "items")
NEEDED_OF_PLACE = ("name", "addressLine1", "countryCode", "postalCode")
DAYS = {"Standard": 5, "Expedited": 3, "Priority": 2}
FEES = {"Standard": 599, "Expedited": 899, "Priority": 1299}

Document = dict[str, Any]


@dataclass
class Outgoing:
    """A fulfilment that Amazon was asked for; `asked` is the request."""

    asked: Document
    received_at: datetime
    changed_at: datetime
    status: str = "Received"
    packages: list[Document] = field(default_factory=list)
    quantities: dict[int, dict[str, int]] = field(default_factory=dict)
    numbered: bool = True

    @property
    def open(self) -> dict[str, int]:
        """Return how many of each line have not left."""
        sent: dict[str, int] = {}
        for lines in self.quantities.values():
            for ref, quantity in lines.items():
                sent[ref] = sent.get(ref, 0) + quantity
        return {
            each["sellerFulfillmentOrderItemId"]: each["quantity"]
            - sent.get(each["sellerFulfillmentOrderItemId"], 0)
            for each in self.asked["items"]
        }


class Outbound(Part):
    """What Amazon sends for other channels."""

    @operation("createFulfillmentOrder", "POST", f"{PATH}/fulfillmentOrders", Published(2, 30))
    def create(self, asked: Asked) -> Response:
        """Take a fulfilment; a key that is known is refused, as is what nobody has."""
        body = asked.document()
        _require(body)
        key = body["sellerFulfillmentOrderId"]
        if key in self.fake.outgoing:
            raise Refusal(400, "InvalidInput", f"The fulfillment order {key} exists already.")
        for each in body["items"]:
            product = self.fake.trade.products.get(each["sellerSku"])
            if product is None:
                raise Refusal(400, "InvalidInput", f"SellerSku {each['sellerSku']} is unknown.")
            if product.stored < each["quantity"]:
                text = f"There is not enough sellable inventory of {each['sellerSku']}."
                raise Refusal(400, "InvalidInput", text)
        for each in body["items"]:
            self.fake.trade.products[each["sellerSku"]].stored -= each["quantity"]
        now = self.fake.clock.now()
        self.fake.outgoing[key] = Outgoing(body, now, now)
        return as_json({})

    @operation("getFulfillmentOrder", "GET", f"{PATH}/fulfillmentOrders/<key>", Published(2, 30))
    def get(self, asked: Asked) -> Response:
        """Return a fulfilment with its shipments."""
        return as_json({"payload": _document(self._known(asked), self._place())})

    @operation(
        "cancelFulfillmentOrder", "PUT", f"{PATH}/fulfillmentOrders/<key>/cancel", Published(2, 30)
    )
    def cancel(self, asked: Asked) -> Response:
        """Stop what nobody has begun to pick."""
        found = self._known(asked)
        if found.status == "Cancelled":
            return as_json({})
        if found.status not in OPEN:
            raise Refusal(400, "InvalidInput", f"It is {found.status} and cannot be cancelled.")
        proceed(self.fake, asked.path["key"], "Cancelled")
        return as_json({})

    @operation(
        "getFulfillmentPreview", "POST", f"{PATH}/fulfillmentOrders/preview", Published(2, 30)
    )
    def preview(self, asked: Asked) -> Response:
        """Say what each speed would cost."""
        body = asked.document()
        speeds = body.get("shippingSpeedCategories") or list(DAYS)
        previews = [self._preview(body, speed) for speed in speeds]
        return as_json({"payload": {"fulfillmentPreviews": previews}})

    @operation(
        "getPackageTrackingDetails", "GET", f"{PATH}/tracking", Published(2, 30),
        query=("packageNumber",),
    )  # fmt: skip
    def track(self, asked: Asked) -> Response:
        """Return a package's number at its carrier."""
        number = int(asked.query("packageNumber") or 0)
        for found in self.fake.outgoing.values():
            if number in found.quantities:
                told = {"packageNumber": number, "trackingNumber": f"TBA{number}"}
                return as_json({"payload": told})
        raise Refusal(404, "NotFound", "The package is unknown.")

    def _preview(self, body: Document, speed: str) -> Document:
        products, now = self.fake.trade.products, self.fake.clock.now()
        lacking = [
            each
            for each in body["items"]
            if each["sellerSku"] not in products
            or products[each["sellerSku"]].stored < each["quantity"]
        ]
        found: Document = {
            "shippingSpeedCategory": speed,
            "isFulfillable": not lacking,
            "isCODCapable": False,
            "marketplaceId": self._place(),
        }
        if lacking:
            found["unfulfillablePreviewItems"] = [
                {**each, "itemUnfulfillableReasons": ["NO_INVENTORY"]} for each in lacking
            ]
            return found
        fee = {"currencyCode": self.fake.trade.terms.currency, "value": f"{FEES[speed] / 100:.2f}"}
        return found | {
            "estimatedFees": [{"name": "FBAPerOrderFulfillmentFee", "amount": fee}],
            "fulfillmentPreviewShipments": [
                {
                    "latestShipDate": text_of(now + timedelta(days=1)),
                    "latestArrivalDate": text_of(now + timedelta(days=DAYS[speed])),
                    "fulfillmentPreviewItems": [{**each} for each in body["items"]],
                }
            ],
        }

    def _known(self, asked: Asked) -> Outgoing:
        found: Outgoing | None = self.fake.outgoing.get(asked.path["key"])
        if found is None:
            raise Refusal(404, "NotFound", "The fulfillment order does not exist.")
        return found

    def _place(self) -> str:
        place: str = self.fake.credentials()["marketplace"]
        return place


def proceed(fake: Any, key: str, status: str) -> None:
    """Let a fulfilment come to another status; what will not leave lies there again."""
    found: Outgoing = fake.outgoing[key]
    found.status, found.changed_at = status, fake.clock.now()
    if status in ("Cancelled", "Unfulfillable", "Invalid", "CompletePartialled"):
        for each in found.asked["items"]:
            left = found.open[each["sellerFulfillmentOrderItemId"]]
            fake.trade.products[each["sellerSku"]].stored += left


def leave(fake: Any, key: str, lines: Mapping[str, int] | None = None) -> int:
    """Let a parcel leave with some pieces, or all that are left; return its number."""
    found: Outgoing = fake.outgoing[key]
    number = int(fake.trade.next_number()) % 10**9
    sent = dict(lines) if lines is not None else {k: n for k, n in found.open.items() if n}
    found.quantities[number] = sent
    package: Document = {"packageNumber": number, "carrierCode": "AMZN_UK"}
    if found.numbered:
        package["trackingNumber"] = f"QB{number}"
    found.packages.append(package)
    whole = not any(found.open.values())
    proceed(fake, key, "Complete" if whole else "Processing")
    return number


def shown_as_order(key: str, found: Outgoing) -> Document:
    """Return a fulfilment as the orders of the account show it: sold elsewhere, sent by Amazon."""
    return {
        "orderId": f"S02-{key}",
        "createdTime": text_of(found.received_at),
        "lastUpdatedTime": text_of(found.changed_at),
        "salesChannel": {"channelName": "NON_AMAZON", "marketplaceName": "Non-Amazon"},
        "fulfillment": {"fulfillmentStatus": "SHIPPED", "fulfilledBy": "AMAZON"},
        "orderItems": [
            {
                "orderItemId": each["sellerFulfillmentOrderItemId"],
                "quantityOrdered": each["quantity"],
                "product": {"sellerSku": each["sellerSku"]},
            }
            for each in found.asked["items"]
        ],
    }


def _require(body: Document) -> None:
    """Refuse a request that lacks something.

    Raises: Refusal.
    """
    lacking = [name for name in NEEDED_FOR_ALL if not body.get(name)]
    lacking += [each for each in NEEDED_OF_PLACE if not body["destinationAddress"].get(each)]
    if lacking:
        raise Refusal(400, "InvalidInput", f"{lacking[0]} is missing.")


def _document(found: Outgoing, place: str) -> Document:
    asked, at = found.asked, text_of(found.changed_at)
    order = {name: value for name, value in asked.items() if name != "items"}
    order |= {
        "marketplaceId": place,
        "receivedDate": text_of(found.received_at),
        "fulfillmentOrderStatus": found.status,
        "statusUpdatedDate": at,
    }
    skus = {each["sellerFulfillmentOrderItemId"]: each["sellerSku"] for each in asked["items"]}
    document: Document = {
        "fulfillmentOrder": order,
        "fulfillmentOrderItems": [
            {**each, "cancelledQuantity": 0, "unfulfillableQuantity": 0} for each in asked["items"]
        ],
        "returnItems": [],
        "returnAuthorizations": [],
    }
    document["fulfillmentShipments"] = [
        {
            "amazonShipmentId": f"D{package['packageNumber']}",
            "fulfillmentCenterId": "LTN1",
            "fulfillmentShipmentStatus": "SHIPPED",
            "shippingDate": at,
            "fulfillmentShipmentItem": [
                {
                    "sellerSku": skus[ref],
                    "sellerFulfillmentOrderItemId": ref,
                    "quantity": quantity,
                    "packageNumber": package["packageNumber"],
                }
                for ref, quantity in found.quantities[package["packageNumber"]].items()
            ],
            "fulfillmentShipmentPackage": [package],
        }
        for package in found.packages
    ]
    return document
