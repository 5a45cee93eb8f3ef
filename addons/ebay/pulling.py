"""Fetching orders: page by page of a list that eBay makes anew for each page.

An order that changes meanwhile leaves the window; it comes with the next one.
"""

from __future__ import annotations

from datetime import timedelta

from addons.ebay.asking import following
from addons.ebay.asking import list_page
from addons.ebay.asking import place_in
from addons.ebay.asking import text_of
from addons.ebay.operations import GET_ORDERS
from addons.ebay.orders import rates_of
from addons.ebay.orders import read_order
from core.api import Call
from core.api import ExternalOrder
from core.api import Page
from core.api import Window
from core.api import read_each
from core.api import read_vat

PAGE = 200


def pull(call: Call, window: Window, cursor: str | None) -> Page[ExternalOrder]:
    """Return one page of the orders that changed in the window."""
    since = window.since or window.until - timedelta(days=call.settings["backfill_days"])
    offset, total = place_in(cursor)
    page = list_page(
        call.http,
        GET_ORDERS,
        "orders",
        api="fulfillment",
        filter=f"lastmodifieddate:[{text_of(since)}..{text_of(window.until)}]",
        limit=PAGE,
        offset=offset,
    )
    rates = read_vat(rates_of(call.settings))
    records = read_each(page.rows, lambda order: read_order(order, rates), key="orderId")
    return Page(records, following(page, offset, total))
