"""Driving the connector through the pairs of goods that are sent to Amazon's warehouses."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from datetime import date
from datetime import datetime
from decimal import Decimal
from typing import Any

from addons.amazon import inbound
from addons.amazon import inbound_reading as reading
from core.api import Address
from core.api import Call
from core.api import InboundAct
from core.api import InboundBox
from core.api import InboundPlan
from core.api import InboundShipment
from core.api import InboundState
from core.api import RequestRefused
from core.money import to_minor
from tests.amazon.sandbox import Pair
from tests.amazon.sandbox import Wire

ACTS = {
    "createInboundPlan": InboundAct.CREATE,
    "cancelInboundPlan": InboundAct.CANCEL,
    "generatePackingOptions": InboundAct.OFFER_PACKING,
    "confirmPackingOption": InboundAct.TAKE_PACKING,
    "setPackingInformation": InboundAct.BOX,
    "generatePlacementOptions": InboundAct.OFFER_PLACEMENT,
    "confirmPlacementOption": InboundAct.TAKE_PLACEMENT,
    "generateTransportationOptions": InboundAct.OFFER_TRANSPORT,
    "confirmTransportationOptions": InboundAct.TAKE_TRANSPORT,
    "generateDeliveryWindowOptions": InboundAct.OFFER_WINDOW,
    "confirmDeliveryWindowOptions": InboundAct.TAKE_WINDOW,
    "updateShipmentTrackingDetails": InboundAct.TRACK,
}
BATCHES = "neither batches nor days of expiry are kept"
PAGES = {"pageSize": "as large as is sensible", "paginationToken": "the one of the page before"}
BOX_AT = "packageGroupings.0.boxes.0.items.0"
CARRIED = "shipmentTransportationConfigurations.0"
OTHERWISE: Mapping[str, Mapping[str, str]] = {
    "createInboundPlan": {
        "items.0.expiration": BATCHES,
        "items.0.manufacturingLotCode": BATCHES,
    },
    "setPackingInformation": {
        f"{BOX_AT}.expiration": BATCHES,
        f"{BOX_AT}.manufacturingLotCode": BATCHES,
        "packageGroupings.0.shipmentId": "goods are packed before they are placed",
    },
    "generatePlacementOptions": {
        f"customPlacement.0.{path}": "where goods go is Amazon's to say"
        for path in (
            *("warehouseId", "items.0.msku", "items.0.prepOwner", "items.0.labelOwner"),
            *("items.0.quantity", "items.0.expiration", "items.0.manufacturingLotCode"),
        )
    },
    "generateTransportationOptions": {
        f"{CARRIED}.readyToShipWindow.start": "with seconds, as the document's format wants",
        f"{CARRIED}.freightInformation.freightClass": "parcels only",
        f"{CARRIED}.freightInformation.declaredValue.code": "parcels only",
        f"{CARRIED}.freightInformation.declaredValue.amount": "parcels only",
        **{
            f"{CARRIED}.pallets.0.{path}": "parcels only"
            for path in (
                *("stackability", "weight.unit", "weight.value", "quantity"),
                *("dimensions.unitOfMeasurement", "dimensions.length"),
                *("dimensions.width", "dimensions.height"),
            )
        },
    },
    "updateShipmentTrackingDetails": {
        f"trackingDetails.ltlTrackingDetail.{path}": "parcels only"
        for path in ("freightBillNumber.0", "billOfLadingNumber")
    },
    "listInboundPlans": {
        **PAGES,
        "sortBy": "the latest made first",
        "sortOrder": "the latest made first",
    },
    "listShipmentItems": PAGES,
    "listPackingOptions": PAGES,
    "listPlacementOptions": PAGES,
    "listDeliveryWindowOptions": PAGES,
    "listTransportationOptions": PAGES,
    "getLabels": {"PageType": "a setting of the connection"},
    "getShipmentItems": {
        "LastUpdatedAfter": "only a next page is asked for",
        "LastUpdatedBefore": "only a next page is asked for",
        "QueryType": "only a next page is asked for",
    },
}


def calling(wire: Wire, pair: Pair) -> Call:
    """Return what the connector works with: its settings as the pair has them."""
    body = pair.given.get("body") or {}
    (place,) = body.get("destinationMarketplaces", ["A2EUQ1WTGCTBG2"])
    place = pair.given.get("MarketplaceId", place)
    return wire.calling(marketplace=place, inbound_prep="AMAZON", inbound_labels="AMAZON")


def plan_of(pair: Pair) -> InboundPlan:
    """Return the plan that a pair's request is about."""
    given, body = pair.given, pair.given.get("body") or {}
    configured = body.get("shipmentTransportationConfigurations", [])
    selected = body.get("transportationSelections", [])
    told = body.get("sourceAddress") or {}
    contact = next((each["contactInformation"] for each in (*configured, *selected)), told)
    shipment = given.get("shipmentId", "")
    placement = body.get("placementOptionId") or given.get("placementOptionId")
    tracked = body.get("trackingDetails", {}).get("spdTrackingDetail", {})
    return InboundPlan(
        body.get("name", "T1"),
        given.get("inboundPlanId", "wf1"),
        Address(
            contact.get("name", ""),
            told.get("companyName", ""),
            "\n".join(told[name] for name in ("addressLine1", "addressLine2") if name in told),
            told.get("districtOrCounty", ""),
            told.get("city", ""),
            told.get("stateOrProvinceCode", ""),
            told.get("postalCode", ""),
            told.get("countryCode", ""),
            contact.get("phoneNumber", ""),
            contact.get("email", ""),
        ),  # fmt: skip
        date(2024, 1, 1),
        {each["msku"]: each["quantity"] for each in body.get("items", [])},
        [
            _box(group["packingGroupId"], box)
            for group in body.get("packageGroupings", [])
            for box in group["boxes"]
        ],
        {
            "packing": {"": given.get("packingOptionId", "po1")},
            "placement": {"": placement or given.get("placementOptionId", "pl1")},
            "window": {shipment: given.get("deliveryWindowOptionId", "dw1")},
            "transport": {each["shipmentId"]: each["transportationOptionId"] for each in selected},
        },
        [each["shipmentId"] for each in configured] or [shipment],
        {shipment: {e["boxId"]: e["trackingId"] for e in tracked.get("spdTrackingItems", [])}},
    )


def drive_act(wire: Wire, pair: Pair) -> None:
    """Ask for a step of a plan."""
    shipment = pair.given.get("shipmentId", "")
    act = ACTS[pair.operation]
    answer = inbound.ask(calling(wire, pair), plan_of(pair), act, shipment, again=False)
    if pair.status >= 300:
        assert not answer.taken
        raise RequestRefused(answer.reason, status=pair.status)
    assert (answer.taken, answer.ticket) == (True, pair.answer["operationId"])
    assert answer.ref == pair.answer.get("inboundPlanId", "")


def drive_outcome(wire: Wire, pair: Pair) -> None:
    """Ask how far a step is."""
    found = inbound.outcome(wire.calling(), pair.given.get("operationId", "op1"))
    assert found.state is InboundState(
        {"SUCCESS": "done", "FAILED": "failed", "IN_PROGRESS": "working"}[
            pair.answer["operationStatus"]
        ]
    )
    told = [f"{e['code']}: {e['message']}" for e in pair.answer["operationProblems"]]
    assert [each[: len(said)] for each, said in zip(found.problems, told, strict=True)] == told


def drive_known(wire: Wire, pair: Pair) -> None:
    """Look whether a step without an answer was done."""
    act = InboundAct.CREATE if pair.operation == "listInboundPlans" else InboundAct.CANCEL
    plan = plan_of(pair)
    if act is InboundAct.CREATE and pair.status < 300:
        wire.others = {"inbound.create": {"inboundPlanId": "wf", "operationId": "op"}}
    wire.others = {**wire.others, "inbound.cancel": {"operationId": "op"}}
    answer = inbound.ask(calling(wire, pair), plan, act, "", again=True)
    if pair.status >= 300:
        assert not answer.taken
        raise RequestRefused(answer.reason, status=pair.status)
    # Neither is ours, nor cancelled: it was asked for.
    assert answer.ticket == "op"
    wire.sent[:] = wire.sent[:1]


def drive_options(wire: Wire, pair: Pair) -> None:
    """Ask what is offered."""
    name, what, ref = OFFERED[pair.operation]
    wire.others = {"inbound.group": {"items": []}}
    shipment = pair.given.get("shipmentId", "sh1")
    found = reading.options(calling(wire, pair), plan_of(pair), what, shipment)
    rows = pair.answer[name]
    # The second page, which the pair names, is the same again.
    pages = 2 if pair.answer.get("pagination") else 1
    assert [each.ref for each in found] == [each[ref] for each in rows] * pages
    for option, row in zip(found, rows, strict=False):
        fees = [*row.get("fees", []), *row.get("discounts", [])]
        values = [each["value"] for each in fees]
        values += [row["quote"]["cost"]] if row.get("quote") else []
        assert [abs(each.amount) for each in option.fees] == [
            to_minor(Decimal(str(each["amount"])), each["code"]) for each in values
        ]
        said = (
            row.get("expiration") or row.get("validUntil") or row.get("quote", {}).get("expiration")
        )
        assert option.expires_at == (datetime.fromisoformat(said) if said else None)
        assert list(option.shipments) == row.get("shipmentIds", [])
        told = " ".join(option.facts)
        for word in ("shippingSolution", "shippingMode", "availabilityType"):
            assert row.get(word, "") in told
    wire.sent[:] = wire.sent[:1]


def drive_group(wire: Wire, pair: Pair) -> None:
    """Ask which goods may lie in one box."""
    group = pair.given.get("packingGroupId", "pg1")
    row = {"packingGroups": [group]}
    found = reading._groups(calling(wire, pair), plan_of(pair), row)
    pages = 2 if pair.answer.get("pagination") else 1
    assert found == {
        group: {each["msku"]: each["quantity"] * pages for each in pair.answer["items"]}
    }


def drive_shipment(wire: Wire, pair: Pair) -> None:
    """Ask how a shipment stands; of its lists each is its own pair."""
    if pair.status < 300 and pair.operation != "getShipment":
        wire.others = {"inbound.shipment": SHIPMENT}
    lists = ("inbound.items", "inbound.packed", "inbound.arrived")
    own = {"listShipmentItems": 0, "listShipmentBoxes": 1}.get(pair.operation)
    empty = {lists[0]: {"items": []}, lists[1]: {"boxes": []}, lists[2]: {"payload": {}}}
    wire.others = {"inbound.shipment": SHIPMENT} if pair.operation != "getShipment" else {}
    wire.others |= {name: body for at, (name, body) in enumerate(empty.items()) if at != own}
    (found,) = reading.read(calling(wire, pair), plan_of(pair))
    pages = 2 if pair.answer.get("pagination") else 1
    if pair.operation == "listShipmentItems":
        told = {each["msku"]: each["quantity"] * pages for each in pair.answer["items"]}
        assert found.lines == told
        wire.sent[:] = [each for each in wire.sent if each.path.endswith("/items")][:1]
    elif pair.operation == "listShipmentBoxes":
        assert list(found.boxes) == [each["boxId"] for each in pair.answer["boxes"]] * pages
    else:
        told = pair.answer
        assert (found.ref, found.code, found.status, found.destination) == (
            told["shipmentId"], told["shipmentConfirmationId"], told["status"],
            told["destination"]["warehouseId"],
        )  # fmt: skip
        wire.sent[:] = wire.sent[:1]


def drive_labels(wire: Wire, pair: Pair) -> None:
    """Ask where labels are."""
    shipment = InboundShipment("sh1", pair.given.get("shipmentId", "FBA1"), "", "", {}, {})
    found = inbound.labels(wire.calling(), shipment)
    assert found == pair.answer["payload"]["DownloadURL"]


def drive_arrived(wire: Wire, pair: Pair) -> None:
    """Ask what has arrived; a further page is asked for by its token."""
    call, code = calling(wire, pair), pair.given.get("shipmentId", "FBA1")
    first = pair.operation == "getShipmentItemsByShipmentId"
    if not first:
        wire.others = {
            "inbound.arrived": {"payload": {"NextToken": pair.given.get("NextToken", "1")}}
        }
    found = list(reading.arrived(call, code))
    told = pair.answer["payload"]["ItemData"]
    pages = 2 if first and pair.answer["payload"].get("NextToken") else 1
    assert [each["QuantityReceived"] for each in found][: len(told)] == [
        each["QuantityReceived"] for each in told
    ]
    assert len(found) >= len(told) * pages
    wire.sent[:] = wire.sent[:1] if first else wire.sent[1:2]


def _box(group: str, box: Mapping[str, Any]) -> InboundBox:
    sides = box["dimensions"]
    return InboundBox(
        group,
        box["quantity"],
        int(sides["length"] * 10),
        int(sides["width"] * 10),
        int(sides["height"] * 10),
        int(box["weight"]["value"] * 1000),
        {each["msku"]: each["quantity"] for each in box["items"]},
    )


SHIPMENT = {
    "shipmentId": "sh1",
    "shipmentConfirmationId": "FBA1",
    "destination": {"destinationType": "AMAZON_WAREHOUSE"},
}
OFFERED = {
    "listPackingOptions": ("packingOptions", "packing", "packingOptionId"),
    "listPlacementOptions": ("placementOptions", "placement", "placementOptionId"),
    "listTransportationOptions": ("transportationOptions", "transport", "transportationOptionId"),
    "listDeliveryWindowOptions": (
        "deliveryWindowOptions", "window", "deliveryWindowOptionId"
    ),
}  # fmt: skip
DRIVERS: Mapping[str, Callable[[Wire, Pair], None]] = {
    **dict.fromkeys(ACTS, drive_act),
    **dict.fromkeys(OFFERED, drive_options),
    "getInboundOperationStatus": drive_outcome,
    "listInboundPlans": drive_known,
    "getInboundPlan": drive_known,
    "listPackingGroupItems": drive_group,
    "getShipment": drive_shipment,
    "listShipmentItems": drive_shipment,
    "listShipmentBoxes": drive_shipment,
    "getLabels": drive_labels,
    "getShipmentItemsByShipmentId": drive_arrived,
    "getShipmentItems": drive_arrived,
}
