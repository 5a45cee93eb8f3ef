"""Telling Shopify which parcels left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from addons.shopify.asking import ask
from addons.shopify.asking import faults_of
from addons.shopify.asking import following
from addons.shopify.asking import nodes_of
from addons.shopify.asking import number_of
from addons.shopify.asking import question
from addons.shopify.asking import quoted
from addons.shopify.asking import reasons
from addons.shopify.documents import FIND_ORDER
from addons.shopify.documents import SEND
from addons.shopify.documents import SENT
from addons.shopify.documents import SET_TRACKING
from addons.shopify.documents import TO_SEND
from addons.shopify.orders import SIGN
from core.api import Http
from core.api import PushResult
from core.api import Shipment

OPEN = frozenset({"OPEN", "IN_PROGRESS"})
GONE = frozenset({"CANCELLED", "ERROR", "FAILURE"})
# Told twice the goods would leave twice: without an answer it is looked up, not told again.
CREATE = question("shopify.send", repeatable=False)
RENUMBER = question("shopify.setTracking")
Document = Mapping[str, Any]


def confirm(http: Http, shipment: Shipment) -> PushResult:
    """Tell of one parcel, unless Shopify knows of it."""
    order = _find(http, shipment.order_id)
    if order is None:
        return PushResult(shipment.key, False, f"Shopify knows no order {shipment.order_id}.")
    told = ask(http, question("shopify.toSend"), TO_SEND, id=order)["order"]
    wanted = {ref: n for ref, n in shipment.lines.items() if n}
    if _is_known(told, shipment.tracking):
        return PushResult(shipment.key, True)
    parts, rest = _parts(told, wanted)
    if not parts and not _open(told):
        # Nothing of the order waits any more: all of it was sent, here or in Shopify itself.
        return _numbered(http, order, shipment, wanted)
    if rest:
        said = f"Shopify has fewer pieces to send of line {', '.join(sorted(rest))}."
        return PushResult(shipment.key, False, said)
    data = ask(http, CREATE, SEND, fulfillment=_fulfilment(shipment, parts))
    faults = faults_of(data.get("fulfillmentCreate"), "fulfillmentCreate")
    return PushResult(shipment.key, not faults, reasons(faults) if faults else "")


def _numbered(http: Http, order: str, shipment: Shipment, wanted: Mapping[str, int]) -> PushResult:
    """Give a parcel that was sent in Shopify itself the number that it bears, if it is that one."""
    if not shipment.tracking:
        return PushResult(shipment.key, True)
    told = ask(http, question("shopify.sent"), SENT, id=order)["order"]["fulfillments"]
    same = [each for each in told if each["status"] not in GONE and _lines(each) == wanted]
    if len(same) != 1:
        # Which of several it is, nobody can say.
        return PushResult(shipment.key, True)
    data = ask(http, RENUMBER, SET_TRACKING, id=same[0]["id"], tracking=_tracking(shipment))
    told_of = "fulfillmentTrackingInfoUpdate"
    faults = faults_of(data.get(told_of), told_of)
    return PushResult(shipment.key, not faults, reasons(faults) if faults else "")


def _lines(sent: Document) -> dict[str, int]:
    """Return what is in a parcel; one with too many lines to look at is none of ours."""
    lines = sent["fulfillmentLineItems"]
    if following(lines) is not None:
        return {}
    return {
        number_of(each["lineItem"]["id"], "LineItem"): each["quantity"]
        for each in nodes_of(lines, "fulfillmentLineItems")
    }


def _find(http: Http, name: str) -> str | None:
    """Return the id of an order by its name: the search also finds those that sound alike."""
    data = ask(http, question("shopify.findOrder"), FIND_ORDER, query=f"name:{quoted(name)}")
    for node in nodes_of(data.get("orders"), "orders"):
        if node["name"].removeprefix(SIGN) == name:
            return str(node["id"])
    return None


def _is_known(told: Document, tracking: str) -> bool:
    """Say whether a parcel with this number was told of."""
    numbers = [
        info["number"]
        for each in told["fulfillments"]
        if each["status"] not in GONE
        for info in each["trackingInfo"]
    ]
    return bool(tracking) and tracking in numbers


def _parts(
    told: Document, wanted: Mapping[str, int]
) -> tuple[dict[str, list[Document]], dict[str, int]]:
    """Divide what left among what Shopify wants sent; what it does not want is left over."""
    left, parts = dict(wanted), defaultdict[str, list[Document]](list)
    for order, line in _open(told):
        ref = number_of(line["lineItem"]["id"], "LineItem")
        taken = min(left.get(ref, 0), line["remainingQuantity"])
        if taken:
            left[ref] -= taken
            parts[order].append({"id": line["id"], "quantity": taken})
    return parts, {ref: n for ref, n in left.items() if n}


def _open(told: Document) -> list[tuple[str, Document]]:
    return [
        (order["id"], line)
        for order in nodes_of(told["fulfillmentOrders"], "fulfillmentOrders")
        if order["status"] in OPEN
        for line in nodes_of(order["lineItems"], "fulfillmentOrders.lineItems")
        if line["remainingQuantity"]
    ]


def _fulfilment(shipment: Shipment, parts: Mapping[str, list[Document]]) -> Document:
    return {
        "lineItemsByFulfillmentOrder": [
            {"fulfillmentOrderId": order, "fulfillmentOrderLineItems": lines}
            for order, lines in parts.items()
        ],
        "notifyCustomer": True,
        "trackingInfo": _tracking(shipment),
    }


def _tracking(shipment: Shipment) -> Document:
    told = {"company": shipment.carrier, "number": shipment.tracking}
    return {name: value for name, value in told.items() if value}
