"""Fulfilment Inbound: the shipments of a plan, how they travel, and what of them has arrived."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from werkzeug.wrappers import Response

from core.testkit.fakes.amazon.inbound import PAGED
from core.testkit.fakes.amazon.inbound import PLAN
from core.testkit.fakes.amazon.inbound import Document
from core.testkit.fakes.amazon.inbound import Plan
from core.testkit.fakes.amazon.inbound import Sending
from core.testkit.fakes.amazon.inbound import accepted
from core.testkit.fakes.amazon.inbound import begin
from core.testkit.fakes.amazon.inbound import item_of
from core.testkit.fakes.amazon.inbound import paged
from core.testkit.fakes.amazon.inbound import plan_of
from core.testkit.fakes.amazon.inbound import problem
from core.testkit.fakes.fake import Asked
from core.testkit.fakes.fake import Part
from core.testkit.fakes.fake import Refusal
from core.testkit.fakes.fake import as_json
from core.testkit.fakes.fake import operation
from core.testkit.fakes.rates import Published
from core.testkit.fakes.time import text_of

SHIPMENT = f"{PLAN}/shipments/<shipment>"
V0 = "/fba/inbound/v0"
PARTNERED = 780
"""What Amazon's own carrier takes for a shipment, in minor units."""


class InboundShipments(Part):
    """Transport, windows, labels, numbers and arrivals."""

    @operation(
        "generateTransportationOptions", "POST", f"{PLAN}/transportationOptions", Published(2, 2)
    )
    def offer_transport(self, asked: Asked) -> Response:
        """Offer one's own carrier for nothing, and Amazon's for a price, for each shipment."""
        found, body = plan_of(self.fake, asked), asked.document()
        for each in body["shipmentTransportationConfigurations"]:
            _sending(found, each["shipmentId"])

        def act() -> None:
            found.transport.clear()
            for each in body["shipmentTransportationConfigurations"]:
                for cost in (0, PARTNERED):
                    ref = f"to{self.fake.trade.next_number():0>36}"
                    found.transport[ref] = (each["shipmentId"], cost)

        return accepted(begin(self.fake, found, "generateTransportationOptions", act))

    @operation(
        "listTransportationOptions", "GET", f"{PLAN}/transportationOptions", Published(2, 6),
        query=("placementOptionId", "shipmentId", *PAGED),
    )  # fmt: skip
    def transports(self, asked: Asked) -> Response:
        """List the ways by which a shipment may go."""
        found, wanted = plan_of(self.fake, asked), asked.query("shipmentId")
        rows = [
            self._transport(ref, of, cost)
            for ref, (of, cost) in found.transport.items()
            if wanted in (None, of)
        ]
        return as_json(paged(asked, "transportationOptions", rows))

    @operation(
        "confirmTransportationOptions", "POST", f"{PLAN}/transportationOptions/confirmation",
        Published(2, 2),
    )  # fmt: skip
    def take_transport(self, asked: Asked) -> Response:
        """Send them so: a window must be confirmed for each, and what it costs is due once."""
        found = plan_of(self.fake, asked)
        selected = asked.document()["transportationSelections"]
        for each in selected:
            sending = _sending(found, each["shipmentId"])
            if found.transport.get(each["transportationOptionId"], ("", 0))[0] != sending.ref:
                raise Refusal(400, "BadRequest", "The transportation option does not exist.")
            if sending.transport:
                raise Refusal(400, "BadRequest", "Transportation is already confirmed.")
        if any(not _sending(found, each["shipmentId"]).window for each in selected):
            problems = [problem("WindowMissing", "A delivery window must be confirmed first.")]
        else:
            problems = []

        def act() -> None:
            for each in selected:
                sending = _sending(found, each["shipmentId"])
                sending.transport = each["transportationOptionId"]
                sending.status = "READY_TO_SHIP"
                sending.code = f"FBA{int(sending.ref[2:]) % 10**9:09d}"
                cost = found.transport[sending.transport][1]
                found.paid += [cost] if cost else []

        return accepted(begin(self.fake, found, "confirmTransportationOptions", act, problems))

    @operation(
        "generateDeliveryWindowOptions", "POST", f"{SHIPMENT}/deliveryWindowOptions",
        Published(2, 30),
    )  # fmt: skip
    def offer_window(self, asked: Asked) -> Response:
        """Offer two windows."""
        found = plan_of(self.fake, asked)
        sending = _sending(found, asked.path["shipment"])

        def act() -> None:
            numbers = [self.fake.trade.next_number() for _ in range(2)]
            sending.windows = [f"dw{number:0>36}" for number in numbers]

        return accepted(begin(self.fake, found, "generateDeliveryWindowOptions", act))

    @operation(
        "listDeliveryWindowOptions", "GET", f"{SHIPMENT}/deliveryWindowOptions", Published(2, 30),
        query=PAGED,
    )  # fmt: skip
    def windows(self, asked: Asked) -> Response:
        """List when a shipment may arrive."""
        sending = _sending(plan_of(self.fake, asked), asked.path["shipment"])
        rows = [self._window(ref, at) for at, ref in enumerate(sending.windows)]
        return as_json(paged(asked, "deliveryWindowOptions", rows))

    @operation(
        "confirmDeliveryWindowOptions", "POST",
        f"{SHIPMENT}/deliveryWindowOptions/<option>/confirmation", Published(2, 30),
    )  # fmt: skip
    def take_window(self, asked: Asked) -> Response:
        """Let it arrive then."""
        found = plan_of(self.fake, asked)
        sending, ref = _sending(found, asked.path["shipment"]), asked.path["option"]
        if ref not in sending.windows:
            raise Refusal(400, "BadRequest", "The delivery window option does not exist.")

        def act() -> None:
            sending.window = ref

        return accepted(begin(self.fake, found, "confirmDeliveryWindowOptions", act))

    @operation("getShipment", "GET", SHIPMENT, Published(2, 6))
    def shipment(self, asked: Asked) -> Response:
        """Return a shipment."""
        found = plan_of(self.fake, asked)
        sending = _sending(found, asked.path["shipment"])
        address = found.asked["sourceAddress"]
        told: Document = {
            "placementOptionId": sending.placement,
            "shipmentId": sending.ref,
            "status": sending.status,
            "source": {"sourceType": "SELLER_FACILITY", "address": address},
            "destination": {
                "destinationType": "AMAZON_WAREHOUSE",
                "warehouseId": sending.warehouse,
            },
        }
        if sending.code:
            told["shipmentConfirmationId"] = sending.code
            told["selectedTransportationOptionId"] = sending.transport
        if sending.window:
            window = self._window(sending.window, 0)
            del window["validUntil"]
            window["editableUntil"] = window["startDate"]
            told["selectedDeliveryWindow"] = window
        return as_json(told)

    @operation("listShipmentItems", "GET", f"{SHIPMENT}/items", Published(2, 30), query=PAGED)
    def items(self, asked: Asked) -> Response:
        """List what a shipment holds."""
        sending = _sending(plan_of(self.fake, asked), asked.path["shipment"])
        rows = [item_of(sku, quantity) for sku, quantity in sending.items.items()]
        return as_json(paged(asked, "items", rows))

    @operation("listShipmentBoxes", "GET", f"{SHIPMENT}/boxes", Published(2, 30), query=PAGED)
    def boxes(self, asked: Asked) -> Response:
        """List the boxes of a shipment; here each has one."""
        sending = _sending(plan_of(self.fake, asked), asked.path["shipment"])
        box = {"packageId": f"pk{sending.ref[2:]}", "boxId": f"{sending.code}U000001"}
        return as_json(paged(asked, "boxes", [box]))

    @operation(
        "updateShipmentTrackingDetails", "PUT", f"{SHIPMENT}/trackingDetails", Published(2, 2)
    )
    def track(self, asked: Asked) -> Response:
        """Take the numbers of the boxes."""
        found = plan_of(self.fake, asked)
        sending = _sending(found, asked.path["shipment"])
        rows = asked.document()["trackingDetails"]["spdTrackingDetail"]["spdTrackingItems"]

        def act() -> None:
            sending.tracking |= {each["boxId"]: each["trackingId"] for each in rows}
            sending.status = "SHIPPED"

        return accepted(begin(self.fake, found, "updateShipmentTrackingDetails", act))

    @operation(
        "getLabels", "GET", f"{V0}/shipments/<code>/labels", Published(2, 30),
        query=("PageType", "LabelType", "PageSize", "PageStartIndex"),
    )  # fmt: skip
    def labels(self, asked: Asked) -> Response:
        """Say where the labels are."""
        sending = self._by_code(asked.path["code"])
        served = self.fake.served.url if self.fake.served else ""
        return as_json({"payload": {"DownloadURL": f"{served}/labels/{sending.code}.pdf"}})

    @operation(
        "getShipmentItemsByShipmentId", "GET", f"{V0}/shipments/<code>/items", Published(2, 30),
        query=("MarketplaceId",),
    )  # fmt: skip
    def arrived(self, asked: Asked) -> Response:
        """Say what of a shipment has arrived."""
        sending = self._by_code(asked.path["code"])
        rows = [
            {
                "ShipmentId": sending.code,
                "SellerSKU": sku,
                "QuantityShipped": quantity,
                "QuantityReceived": sending.received.get(sku, 0),
            }
            for sku, quantity in sending.items.items()
        ]
        return as_json({"payload": {"ItemData": rows}})

    def _by_code(self, code: str) -> Sending:
        plans: dict[str, Plan] = self.fake.plans
        for plan in plans.values():
            for sending in plan.sendings.values():
                if code and sending.code == code:
                    return sending
        raise Refusal(400, "Invalid Input", "Data is invalid. Please check.")

    def _transport(self, ref: str, of: str, cost: int) -> Document:
        told: Document = {
            "transportationOptionId": ref,
            "shipmentId": of,
            "shippingMode": "GROUND_SMALL_PARCEL",
            "shippingSolution": "AMAZON_PARTNERED_CARRIER" if cost else "USE_YOUR_OWN_CARRIER",
            "carrier": {"name": "UPS", "alphaCode": "UPSN"} if cost else {"name": "Other"},
            "preconditions": ["CONFIRMED_DELIVERY_WINDOW"],
        }
        if cost:
            value = {"code": self.fake.trade.terms.currency, "amount": round(cost / 100, 2)}
            told["quote"] = {"cost": value}
        return told

    def _window(self, ref: str, at: int) -> Document:
        start = self.fake.clock.now() + timedelta(days=5 + 7 * at)
        return {
            "deliveryWindowOptionId": ref,
            "startDate": text_of(start),
            "endDate": text_of(start + timedelta(days=7)),
            "availabilityType": "AVAILABLE",
            "validUntil": text_of(start - timedelta(days=2)),
        }


def receive(fake: Any, code: str, pieces: Mapping[str, int], *, close: bool = False) -> None:
    """Let pieces of a shipment arrive: they lie there and can be sold."""
    for plan in fake.plans.values():
        for sending in plan.sendings.values():
            if sending.code != code:
                continue
            for sku, quantity in pieces.items():
                sending.received[sku] = sending.received.get(sku, 0) + quantity
                fake.trade.products[sku].stored += quantity
            sending.status = "CLOSED" if close else "RECEIVING"


def _sending(plan: Plan, ref: str) -> Sending:
    found = plan.sendings.get(ref)
    if found is None:
        text = "The provided shipmentId is not valid for the specified inbound plan."
        raise Refusal(400, "BadRequest", text)
    return found
