"""Returns as Shopify tells them: with their order, each with what comes back of its lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.testkit.fakes.shopify.ids import gid
from core.testkit.fakes.shopify.paging import listed
from core.testkit.fakes.time import text_of
from core.testkit.fakes.trade import Item
from core.testkit.fakes.trade import Return
from core.testkit.fakes.trade import Sale
from core.testkit.fakes.trade import Sending

STATUSES = {
    Sending.REQUESTED: "REQUESTED",
    Sending.COMING: "OPEN",
    Sending.DELIVERED: "OPEN",
    Sending.CANCELLED: "CANCELED",
    Sending.CLOSED: "CLOSED",
}
Document = dict[str, Any]


def returned_status(sale: Sale) -> str:
    """Return what an order says of all of its returns."""
    states = {each.state for each in sale.returns}
    if Sending.REQUESTED in states:
        return "RETURN_REQUESTED"
    if states & {Sending.COMING, Sending.DELIVERED}:
        return "IN_PROGRESS"
    return "RETURNED" if states else "NO_RETURN"


def return_document(sale: Sale, made: Return, line: Callable[[Item], Document]) -> Document:
    """Return a return; here it has one line."""
    reason = {"id": gid("ReturnReasonDefinition", 1), "handle": "unwanted", "name": "Unwanted"}
    item = sale.item(made.item)
    return {
        "__typename": "Return",
        "id": gid("Return", made.ref),
        "name": f"#{sale.ref}-R1",
        "createdAt": text_of(made.asked_at),
        "status": STATUSES[made.state],
        "returnLineItems": listed(
            [
                {
                    "__typename": "ReturnLineItem",
                    "id": gid("ReturnLineItem", made.ref),
                    "quantity": made.quantity,
                    "returnReasonDefinition": reason,
                    "fulfillmentLineItem": {
                        "id": gid("FulfillmentLineItem", item.ref),
                        "quantity": made.quantity,
                        "lineItem": line(item),
                    },
                }
            ]
        ),
    }
