"""Goods that buyers send back: the returns of the orders that changed."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from addons.shopify.asking import ask
from addons.shopify.asking import following
from addons.shopify.asking import nodes_of
from addons.shopify.asking import number_of
from addons.shopify.asking import question
from addons.shopify.documents import RETURN_LINES
from addons.shopify.documents import RETURNED
from addons.shopify.documents import RETURNS
from addons.shopify.orders import SIGN
from addons.shopify.orders import code_of
from addons.shopify.pulling import text_of
from core.api import Call
from core.api import ExternalReturn
from core.api import MappingError
from core.api import Page
from core.api import ReturnState
from core.api import Window
from core.api import choice
from core.api import moment
from core.api import read_each

PAGE = 50
NONE = "NO_RETURN"
STATES: Mapping[str, ReturnState] = {
    "REQUESTED": ReturnState.REQUESTED,
    "OPEN": ReturnState.COMING,
    "CLOSED": ReturnState.CLOSED,
    "CANCELED": ReturnState.CANCELLED,
    "DECLINED": ReturnState.CANCELLED,
}
Document = Mapping[str, Any]


def pull(call: Call, window: Window, cursor: str | None) -> Page[ExternalReturn]:
    """Return the returns of one page of the orders that changed in the window.

    A return has no time of its last change: that of its order is its version.
    """
    since = window.since or window.until - timedelta(days=call.settings["backfill_days"])
    data = ask(
        call.http,
        question("shopify.returned"),
        RETURNED,
        first=PAGE,
        after=cursor,
        query=f"updated_at:>='{text_of(since)}' AND updated_at:<='{text_of(window.until)}'",
    )
    orders = nodes_of(data.get("orders"), "orders")
    lines = [
        line for order in orders if order["returnStatus"] != NONE for line in _lines(call, order)
    ]
    return Page(read_each(lines, read_return, key="id"), following(data["orders"]))


def read_return(told: Document) -> ExternalReturn:
    """Return what comes back of one line.

    Raises: MappingError.
    """
    order, made = told["order"], told["return"]
    sent = told.get("fulfillmentLineItem")
    item = sent["lineItem"] if sent else None
    return ExternalReturn(
        external_id=told["id"],
        order_id=order["name"].removeprefix(SIGN),
        code=code_of(item) if item else "",
        quantity=told["quantity"],
        reason=str((told.get("returnReasonDefinition") or {}).get("name") or ""),
        updated_at=moment(order["updatedAt"], path="updatedAt"),
        line_id=number_of(item["id"], "LineItem") if item else "",
        state=choice(made["status"], STATES, path="returns.status"),
        announced_at=moment(made["createdAt"], path="returns.createdAt"),
    )


def _lines(call: Call, order: Document) -> Iterator[Document]:
    """Yield the lines of all returns of an order, each with both."""
    after = None
    while True:
        data = ask(call.http, question("shopify.returns"), RETURNS, id=order["id"], after=after)
        found = (data.get("order") or {}).get("returns")
        for made in nodes_of(found, "returns"):
            for number, line in enumerate(_all_lines(call, made), 1):
                name = f"{number_of(made['id'], 'Return')}/{_name_of(line, number)}"
                yield {**line, "id": name, "order": order, "return": made}
        before, after = after, following(found)
        if after is None:
            return
        if after == before:
            raise MappingError("returns.pageInfo", after)


def _name_of(line: Document, number: int) -> str:
    """Return what a line is called within its return."""
    return str(line["id"]).rpartition("/")[2] or str(number)


def _all_lines(call: Call, made: Document) -> list[Document]:
    lines = made["returnLineItems"]
    found, after = list(nodes_of(lines, "returnLineItems")), following(lines)
    while after is not None:
        data = ask(
            call.http, question("shopify.returnLines"), RETURN_LINES, id=made["id"], after=after
        )
        lines = (data.get("node") or {}).get("returnLineItems")
        found += nodes_of(lines, "returnLineItems")
        before, after = after, following(lines)
        if after == before:
            raise MappingError("returnLineItems.pageInfo", after)
    return found
