"""Fetching orders: page by page, with what stands on no page: many lines, and refunds.

Many orders at once are collected by Shopify.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from typing import Any

from addons.shopify import bulk
from addons.shopify.asking import ask
from addons.shopify.asking import following
from addons.shopify.asking import nodes_of
from addons.shopify.asking import question
from addons.shopify.documents import LINE_ITEMS
from addons.shopify.documents import ORDER_COUNT
from addons.shopify.documents import ORDERS
from addons.shopify.documents import REFUND_LINES
from addons.shopify.documents import REFUNDS
from addons.shopify.documents import bulk_orders
from addons.shopify.orders import read_order
from core.api import Call
from core.api import ExternalOrder
from core.api import MappingError
from core.api import Page
from core.api import Rejected
from core.api import Window
from core.api import read_each

PAGE = 10
WORTH = 500
"""More orders than these are collected by Shopify instead of asked for page by page."""
LONG = timedelta(days=3)
"""Of a shorter window it is not asked how many orders changed in it."""
REFUNDED = ("PARTIALLY_REFUNDED", "REFUNDED")
Document = Mapping[str, Any]


def pull(call: Call, window: Window, cursor: str | None) -> Page[ExternalOrder]:
    """Return one page of the orders that changed in the window."""
    since = window.since or window.until - timedelta(days=call.settings["backfill_days"])
    wanted = f"updated_at:>='{text_of(since)}' AND updated_at:<='{text_of(window.until)}'"
    personal = bool(call.settings["personal"])
    if cursor is None and window.until - since >= LONG and _count(call, wanted) > WORTH:
        # Its window is stored before it is asked for: one that was begun is found again.
        return Page([], bulk.NEW)
    if cursor == bulk.NEW:
        document = bulk_orders(wanted, personal=personal)
        return Page([], bulk.begin(call, document, window.until))
    if cursor is not None and bulk.is_bulk(cursor):
        return _collected(call, cursor)
    data = ask(
        call.http,
        question("shopify.orders"),
        ORDERS,
        first=PAGE,
        after=None if cursor == bulk.PAGES else cursor,
        query=wanted,
        personal=personal,
    )
    found = nodes_of(data.get("orders"), "orders")
    return Page(_read(call, data["shop"], found), following(data["orders"]))


def text_of(at: datetime) -> str:
    """Return a moment as Shopify's search takes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _count(call: Call, wanted: str) -> int:
    """Return how many orders a search finds, at most ten thousand."""
    data = ask(call.http, question("shopify.orderCount"), ORDER_COUNT, query=wanted)
    told = (data.get("ordersCount") or {}).get("count")
    if not isinstance(told, int):
        raise MappingError("ordersCount", type(told).__name__)
    return told


def _collected(call: Call, cursor: str) -> Page[ExternalOrder]:
    """Return the orders of a piece of what Shopify collected."""
    piece = bulk.piece_at(call, cursor)
    orders = [_as_listed(row) for row in piece.rows]
    return Page(_read(call, piece.shop, orders), piece.following, piece.later)


def _as_listed(row: bulk.Row) -> Document:
    """Return an order as a page of the list has it."""
    shipping = [each for each in row.children if "discountedPriceSet" in each]
    lines = [each for each in row.children if "discountedPriceSet" not in each]
    last = {"hasNextPage": False}
    return {
        **row.document,
        "lineItems": {"nodes": lines, "pageInfo": last},
        "shippingLines": {"nodes": shipping, "pageInfo": last},
    }


def _read(call: Call, shop: Document, orders: Iterable[Document]) -> list[ExternalOrder | Rejected]:
    whole = [_completed(call, order) for order in orders]
    return read_each(whole, lambda order: read_order(order, shop), key="name")


def _completed(call: Call, order: Document) -> Document:
    """Return an order with all its lines, and with its refunds."""
    lines, cursor = list(nodes_of(order.get("lineItems"), "lineItems")), None
    after = following(order["lineItems"])
    if following(order["shippingLines"]) is not None:
        raise MappingError("shippingLines", "more than two")
    while after is not None:
        data = _order(call, "shopify.lineItems", LINE_ITEMS, order, after=after)
        lines += nodes_of(data.get("lineItems"), "lineItems")
        cursor, after = after, following(data["lineItems"])
        if cursor == after:
            raise MappingError("lineItems.pageInfo", after)
    shipping = nodes_of(order["shippingLines"], "shippingLines")
    made = {**order, "lineItems": {"nodes": lines}, "shippingLines": {"nodes": shipping}}
    if order["displayFinancialStatus"] in REFUNDED:
        found = _order(call, "shopify.refunds", REFUNDS, order).get("refunds") or []
        made["refunds"] = [_whole_refund(call, refund) for refund in found]
    return made


def _whole_refund(call: Call, refund: Document) -> Document:
    """Return a refund with all its lines."""
    lines = refund["refundLineItems"]
    found, after = list(lines["nodes"]), following(lines)
    while after is not None:
        data = ask(
            call.http, question("shopify.refundLines"), REFUND_LINES, id=refund["id"], after=after
        )
        lines = (data.get("node") or {}).get("refundLineItems")
        found += nodes_of(lines, "refundLineItems")
        after = following(lines)
    return {**refund, "refundLineItems": {"nodes": found}}


def _order(call: Call, name: str, document: str, order: Document, **more: Any) -> Document:
    data = ask(call.http, question(name), document, id=order["id"], **more)
    found = data.get("order")
    if not isinstance(found, dict):
        raise MappingError("order", type(found).__name__)
    return found
