"""What Amazon offers for goods that are sent to it, and what it says of them on their way."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from addons.amazon import operations as ops
from core.api import Call
from core.api import InboundFee
from core.api import InboundOption
from core.api import InboundPlan
from core.api import InboundShipment
from core.api import MappingError
from core.api import Operation
from core.api import moment
from core.api import money

PAGE = 20
MOST_PAGES = 100
ACCEPTED = "ACCEPTED"
FINISHED = frozenset({"CLOSED", "CANCELLED", "DELETED", "ABANDONED"})

Document = Mapping[str, Any]


def options(call: Call, plan: InboundPlan, what: str, shipment: str) -> list[InboundOption]:
    """Return what Amazon offers of packing, placement, transport or windows.

    Raises: RequestRefused, MappingError.
    """
    path = {"plan": plan.external_ref} | ({"shipment": shipment} if shipment else {})
    if what == "packing":
        rows = list(walk(call, ops.LIST_PACKING, "packingOptions", path))
        return [read_packing(each, _groups(call, plan, each)) for each in rows]
    if what == "placement":
        rows = list(walk(call, ops.LIST_PLACEMENT, "placementOptions", path))
        return [read_placement(each) for each in rows]
    if what == "window":
        rows = list(walk(call, ops.LIST_WINDOWS, "deliveryWindowOptions", path))
        return [read_window(each, shipment) for each in rows]
    query = {"placementOptionId": plan.choices["placement"][""], "shipmentId": shipment}
    return [
        read_transport(each)
        for each in walk(call, ops.LIST_TRANSPORT, "transportationOptions", path, query)
    ]


def read_packing(document: Document, groups: Mapping[str, Mapping[str, int]]) -> InboundOption:
    """Return a way to pack; Amazon tells which goods may lie in one box.

    Raises: MappingError.
    """
    ways = {
        f"{each['shippingSolution']} {each['shippingMode']}"
        for each in document.get("supportedShippingConfigurations") or ()
    }
    return InboundOption(
        document["packingOptionId"],
        fees=_fees(document),
        facts=(f"{len(document['packingGroups'])} groups of goods", *sorted(ways)),
        groups=groups,
        expires_at=_expires(document),
        taken=document["status"] == ACCEPTED,
    )


def read_placement(document: Document) -> InboundOption:
    """Return which shipments a plan may become, and what Amazon takes for it.

    Raises: MappingError.
    """
    refs = document["shipmentIds"]
    return InboundOption(
        document["placementOptionId"],
        fees=_fees(document),
        facts=(f"{len(refs)} shipments", document["status"]),
        shipments=tuple(refs),
        expires_at=_expires(document),
        taken=document["status"] == ACCEPTED,
    )


def read_transport(document: Document) -> InboundOption:
    """Return a way by which a shipment may go; one's own carrier has no price.

    Raises: MappingError.
    """
    quote = document.get("quote") or {}
    carrier = document["carrier"]
    who = carrier.get("name") or carrier.get("alphaCode") or ""
    cost = [_fee("transport", quote["cost"], 1)] if quote else []
    facts = (document["shippingSolution"], document["shippingMode"], who)
    return InboundOption(
        document["transportationOptionId"],
        document["shipmentId"],
        cost,
        tuple(each for each in (*facts, *document["preconditions"]) if each),
        expires_at=_expires(quote),
    )


def read_window(document: Document, shipment: str) -> InboundOption:
    """Return when a shipment may arrive.

    Raises: MappingError.
    """
    start, end = (moment(document[name], path=name) for name in ("startDate", "endDate"))
    return InboundOption(
        document["deliveryWindowOptionId"],
        shipment,
        _fees(document),
        (f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC", document["availabilityType"]),
        expires_at=moment(document["validUntil"], path="validUntil"),
    )


def read(call: Call, plan: InboundPlan) -> list[InboundShipment]:
    """Return how each shipment of a plan stands.

    Raises: RequestRefused, MappingError.
    """
    return [_read_one(call, plan, ref) for ref in plan.shipments]


def _read_one(call: Call, plan: InboundPlan, ref: str) -> InboundShipment:
    told = shipment_of(call, plan, ref)
    path = {"plan": plan.external_ref, "shipment": ref}
    code = told.get("shipmentConfirmationId") or ""
    destination = told["destination"]
    boxes = walk(call, ops.INBOUND_BOXES, "boxes", path) if code else ()
    status = told.get("status") or ""
    return InboundShipment(
        told["shipmentId"],
        code,
        status,
        destination.get("warehouseId") or destination["destinationType"],
        _counted(walk(call, ops.INBOUND_ITEMS, "items", path), "msku", "quantity"),
        _counted(arrived(call, code), "SellerSKU", "QuantityReceived") if code else {},
        tuple(each.get("boxId") or each["packageId"] for each in boxes),
        status in FINISHED,
    )


def shipment_of(call: Call, plan: InboundPlan, ref: str) -> Document:
    """Return a shipment as Amazon tells it."""
    path = {"plan": plan.external_ref, "shipment": ref}
    told: Document = call.http.call(ops.GET_INBOUND_SHIPMENT, path=path).json()
    return told


def arrived(call: Call, code: str) -> Iterator[Document]:
    """Yield what of a shipment has arrived, by the version that still tells it.

    Raises: MappingError.
    """
    place = call.settings["marketplace"]
    path, query = {"code": code}, {"MarketplaceId": place}
    body = call.http.call(ops.ARRIVED, path=path, query=query).json()
    token: str | None = None
    for _ in range(MOST_PAGES):
        told = body.get("payload") or {}
        yield from told.get("ItemData") or ()
        following = told.get("NextToken")
        if not following or following == token:
            return
        token = following
        next_query = {"QueryType": "NEXT_TOKEN", "NextToken": token, "MarketplaceId": place}
        body = call.http.call(ops.ARRIVED_NEXT, query=next_query).json()


def walk(
    call: Call,
    operation: Operation,
    name: str,
    path: Mapping[str, str],
    query: Mapping[str, str] | None = None,
) -> Iterator[Document]:
    """Yield all rows of a list.

    Raises: MappingError for an answer that is none.
    """
    token: str | None = None
    for _ in range(MOST_PAGES):
        given = {**(query or {}), "pageSize": str(PAGE), "paginationToken": token}
        body = call.http.call(operation, path=path, query=given).json()
        if not isinstance(body, dict):
            raise MappingError(name, type(body).__name__)
        yield from body.get(name) or ()
        following = (body.get("pagination") or {}).get("nextToken")
        if not following or following == token:
            return
        token = following


def _groups(call: Call, plan: InboundPlan, document: Document) -> dict[str, dict[str, int]]:
    path = {"plan": plan.external_ref}
    return {
        group: _counted(
            walk(call, ops.GROUP_ITEMS, "items", {**path, "group": group}), "msku", "quantity"
        )
        for group in document["packingGroups"]
    }


def _counted(rows: Any, code: str, quantity: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in rows:
        found[each[code]] = found.get(each[code], 0) + int(each[quantity])
    return found


def _fees(document: Document) -> Sequence[InboundFee]:
    fees = [(each, 1) for each in document.get("fees") or ()]
    fees += [(each, -1) for each in document.get("discounts") or ()]
    return tuple(
        _fee(f"{each['target']}: {each['description']}", each["value"], sign) for each, sign in fees
    )


def _fee(what: str, value: Document, sign: int) -> InboundFee:
    currency = value["code"]
    amount = money(value["amount"], currency, path="amount")
    return InboundFee(what, sign * abs(amount), currency)


def _expires(document: Document) -> Any:
    told = document.get("expiration")
    return None if not told else moment(told, path="expiration")
