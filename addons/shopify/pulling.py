"""Fetching orders: page by page, with what stands on no page: many lines, and refunds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from typing import Any

from addons.shopify.asking import ask
from addons.shopify.asking import following
from addons.shopify.asking import nodes_of
from addons.shopify.asking import question
from addons.shopify.documents import LINE_ITEMS
from addons.shopify.documents import ORDERS
from addons.shopify.documents import REFUND_LINES
from addons.shopify.documents import REFUNDS
from addons.shopify.orders import read_order
from core.api import Call
from core.api import ExternalOrder
from core.api import MappingError
from core.api import Page
from core.api import Window
from core.api import read_each

PAGE = 10
REFUNDED = ("PARTIALLY_REFUNDED", "REFUNDED")
Document = Mapping[str, Any]


def pull(call: Call, window: Window, cursor: str | None) -> Page[ExternalOrder]:
    """Return one page of the orders that changed in the window."""
    since = window.since or window.until - timedelta(days=call.settings["backfill_days"])
    data = ask(
        call.http,
        question("shopify.orders"),
        ORDERS,
        first=PAGE,
        after=cursor,
        query=f"updated_at:>='{text_of(since)}' AND updated_at:<='{text_of(window.until)}'",
        personal=bool(call.settings["personal"]),
    )
    found = nodes_of(data.get("orders"), "orders")
    shop = data["shop"]
    whole = [_completed(call, order) for order in found]
    records = read_each(whole, lambda order: read_order(order, shop), key="name")
    return Page(records, following(data["orders"]))


def text_of(at: datetime) -> str:
    """Return a moment as Shopify's search takes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


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
    made = {**order, "lineItems": {"nodes": lines}}
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
