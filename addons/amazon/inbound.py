"""Sending goods to Amazon's warehouses: each step as Amazon is asked for it, inbound 2024-03-20."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from addons.amazon import operations as ops
from addons.amazon.errors import reasons
from addons.amazon.inbound_reading import options
from addons.amazon.inbound_reading import shipment_of
from addons.amazon.inbound_reading import walk
from core.api import Address
from core.api import Call
from core.api import InboundAct
from core.api import InboundAnswer
from core.api import InboundBox
from core.api import InboundOutcome
from core.api import InboundPlan
from core.api import InboundShipment
from core.api import InboundState
from core.api import Operation
from core.api import RequestRefused
from core.api import choice

ACTS = (
    InboundAct.CREATE,
    InboundAct.OFFER_PACKING,
    InboundAct.TAKE_PACKING,
    InboundAct.BOX,
    InboundAct.OFFER_PLACEMENT,
    InboundAct.TAKE_PLACEMENT,
    InboundAct.OFFER_TRANSPORT,
    InboundAct.OFFER_WINDOW,
    InboundAct.TAKE_WINDOW,
    InboundAct.TAKE_TRANSPORT,
)
STATES = {
    "SUCCESS": InboundState.DONE,
    "FAILED": InboundState.FAILED,
    "IN_PROGRESS": InboundState.WORKING,
}
TAKES = {
    InboundAct.TAKE_PACKING: (ops.TAKE_PACKING, "packing"),
    InboundAct.TAKE_PLACEMENT: (ops.TAKE_PLACEMENT, "placement"),
    InboundAct.TAKE_WINDOW: (ops.TAKE_WINDOW, "window"),
}
OFFERS = {
    InboundAct.OFFER_PACKING: ops.OFFER_PACKING,
    InboundAct.OFFER_WINDOW: ops.OFFER_WINDOW,
}
VOIDED = "VOIDED"

Document = Mapping[str, Any]


def ask(
    call: Call, plan: InboundPlan, act: InboundAct, shipment: str, *, again: bool
) -> InboundAnswer:
    """Ask Amazon for a step; one that it may have heard of and that counts twice is looked up."""
    try:
        if again and (known := _known(call, plan, act, shipment)) is not None:
            return known
        operation, path, body = request(plan, act, shipment, call.settings)
        told = call.http.call(operation, path=path, json=body).json()
    except RequestRefused as error:
        return InboundAnswer(False, reasons(error))
    return InboundAnswer(True, "", str(told["operationId"]), str(told.get("inboundPlanId") or ""))


def request(
    plan: InboundPlan, act: InboundAct, shipment: str, settings: Mapping[str, Any]
) -> tuple[Operation, Mapping[str, str], Any]:
    """Return what asks for a step: the operation, what its path names, and the body."""
    path = {"plan": plan.external_ref} if plan.external_ref else {}
    path |= {"shipment": shipment} if shipment else {}
    if act in OFFERS:
        return OFFERS[act], path, None
    if act in TAKES:
        operation, what = TAKES[act]
        return operation, {**path, "option": plan.choices[what][shipment]}, None
    bodies = {
        InboundAct.CREATE: (ops.CREATE_PLAN, _created),
        InboundAct.BOX: (ops.SET_BOXES, _boxed),
        InboundAct.OFFER_PLACEMENT: (ops.OFFER_PLACEMENT, lambda *_: {}),
        InboundAct.OFFER_TRANSPORT: (ops.OFFER_TRANSPORT, _carried),
        InboundAct.TAKE_TRANSPORT: (ops.TAKE_TRANSPORT, _selected),
        InboundAct.CANCEL: (ops.CANCEL_PLAN, lambda *_: None),
    }
    if act is InboundAct.TRACK:
        return ops.TRACK_BOXES, path, _tracked(plan.tracking[shipment])
    operation, body = bodies[act]
    return operation, path, body(plan, settings)


def outcome(call: Call, ticket: str) -> InboundOutcome:
    """Return how far a step is; what Amazon only warns of does not stop it."""
    told = call.http.call(ops.OPERATION, path={"ticket": ticket}).json()
    state = choice(told["operationStatus"], STATES, path="operationStatus")
    problems = [
        f"{each['code']}: {each['message']} {each.get('details') or ''}".strip()
        for each in told.get("operationProblems") or ()
    ]
    return InboundOutcome(state, tuple(problems))


def labels(call: Call, shipment: InboundShipment) -> str:
    """Return where the labels of a shipment's boxes are.

    Raises: RequestRefused.
    """
    query = {
        "PageType": call.settings.get("inbound_paper") or "PackageLabel_A4_2",
        "LabelType": "BARCODE_2D",
        "PageSize": str(len(shipment.boxes)) if shipment.boxes else None,
        "PageStartIndex": "0" if shipment.boxes else None,
    }
    told = call.http.call(ops.LABELS, path={"code": shipment.code}, query=query).json()
    return str(told["payload"]["DownloadURL"])


def _known(call: Call, plan: InboundPlan, act: InboundAct, shipment: str) -> InboundAnswer | None:
    """Return an answer where Amazon has done a step already whose own answer was lost."""
    if act is InboundAct.CREATE:
        query = {"status": "ACTIVE", "sortBy": "CREATION_TIME", "sortOrder": "DESC"}
        for each in walk(call, ops.LIST_PLANS, "inboundPlans", {}, query):
            if each["name"] == plan.key:
                return InboundAnswer(True, ref=each["inboundPlanId"])
        return None
    return InboundAnswer(True) if _is_done(call, plan, act, shipment) else None


def _is_done(call: Call, plan: InboundPlan, act: InboundAct, shipment: str) -> bool:
    if act is InboundAct.CANCEL:
        told = call.http.call(ops.GET_PLAN, path={"plan": plan.external_ref}).json()
        return bool(told["status"] == VOIDED)
    if act is InboundAct.TAKE_TRANSPORT:
        return all(
            shipment_of(call, plan, ref).get("selectedTransportationOptionId") == wanted
            for ref, wanted in plan.choices["transport"].items()
        )
    if act is InboundAct.TAKE_WINDOW:
        window = shipment_of(call, plan, shipment).get("selectedDeliveryWindow") or {}
        return bool(window.get("deliveryWindowOptionId") == plan.choices["window"][shipment])
    if act in TAKES:
        what = TAKES[act][1]
        wanted = plan.choices[what][shipment]
        offered = options(call, plan, what, shipment)
        return any(each.ref == wanted and each.taken for each in offered)
    return False


def _created(plan: InboundPlan, settings: Mapping[str, Any]) -> Document:
    return {
        "name": plan.key,
        "sourceAddress": source_of(plan.origin),
        "destinationMarketplaces": [settings["marketplace"]],
        "items": _items(plan.lines, settings),
    }


def source_of(address: Address) -> Document:
    """Return where goods come from as Amazon takes it; a street has two lines."""
    first, _, rest = address.street.partition("\n")
    told = {
        "name": address.name or address.company,
        "companyName": address.company,
        "addressLine1": first,
        "addressLine2": " ".join(rest.split("\n")),
        "city": address.city,
        "districtOrCounty": address.district,
        "stateOrProvinceCode": address.region,
        "postalCode": address.postcode,
        "countryCode": address.country,
        "phoneNumber": address.phone,
        "email": address.email,
    }
    needed = ("name", "addressLine1", "city", "postalCode", "countryCode", "phoneNumber")
    return {name: text for name, text in told.items() if text or name in needed}


def _items(lines: Mapping[str, int], settings: Mapping[str, Any]) -> list[Document]:
    owners = {
        "prepOwner": settings.get("inbound_prep") or "NONE",
        "labelOwner": settings.get("inbound_labels") or "SELLER",
    }
    return [{"msku": code, "quantity": quantity, **owners} for code, quantity in lines.items()]


def _boxed(plan: InboundPlan, settings: Mapping[str, Any]) -> Document:
    groups = list(dict.fromkeys(each.group for each in plan.boxes))
    return {
        "packageGroupings": [
            {
                "packingGroupId": group,
                "boxes": [_box(each, settings) for each in plan.boxes if each.group == group],
            }
            for group in groups
        ]
    }


def _box(box: InboundBox, settings: Mapping[str, Any]) -> Document:
    return {
        "contentInformationSource": "BOX_CONTENT_PROVIDED",
        "quantity": box.quantity,
        "dimensions": {
            "unitOfMeasurement": "CM",
            "length": _part(box.length, 10),
            "width": _part(box.width, 10),
            "height": _part(box.height, 10),
        },
        "weight": {"unit": "KG", "value": _part(box.weight, 1000)},
        "items": _items(box.items, settings),
    }


def _part(value: int, unit: int) -> int | float:
    return value // unit if value % unit == 0 else value / unit


def _carried(plan: InboundPlan, _settings: Mapping[str, Any]) -> Document:
    ready = f"{plan.ready_on:%Y-%m-%d}T00:00:00Z"
    return {
        "placementOptionId": plan.choices["placement"][""],
        "shipmentTransportationConfigurations": [
            {
                "shipmentId": ref,
                "readyToShipWindow": {"start": ready},
                "contactInformation": _contact(plan.origin),
            }
            for ref in plan.shipments
        ],
    }


def _selected(plan: InboundPlan, _settings: Mapping[str, Any]) -> Document:
    return {
        "transportationSelections": [
            {
                "shipmentId": ref,
                "transportationOptionId": option,
                "contactInformation": _contact(plan.origin),
            }
            for ref, option in plan.choices["transport"].items()
        ]
    }


def _contact(address: Address) -> Document:
    told = {"name": address.name or address.company, "phoneNumber": address.phone}
    return told | ({"email": address.email} if address.email else {})


def _tracked(numbers: Mapping[str, str]) -> Document:
    rows = [{"boxId": box, "trackingId": number} for box, number in numbers.items()]
    return {"trackingDetails": {"spdTrackingDetail": {"spdTrackingItems": rows}}}
