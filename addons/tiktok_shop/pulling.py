"""Fetching orders: those that changed, then those of which a buyer's request changed.

Money that goes back does not change an order, so its requests are asked for beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from addons.tiktok_shop.amounts import Document
from addons.tiktok_shop.asking import ASC
from addons.tiktok_shop.asking import Place
from addons.tiktok_shop.asking import ask
from addons.tiktok_shop.asking import by_time
from addons.tiktok_shop.asking import place_in
from addons.tiktok_shop.asking import rows_of
from addons.tiktok_shop.operations import GET_ORDERS
from addons.tiktok_shop.operations import SEARCH_ORDERS
from addons.tiktok_shop.operations import SEARCH_RETURNS
from addons.tiktok_shop.orders import Account
from addons.tiktok_shop.orders import read_order
from core.api import Call
from core.api import ConnectorError
from core.api import ExternalOrder
from core.api import Page
from core.api import Rejected
from core.api import Window
from core.api import read_each
from core.api import read_vat

PAGE = 100
RETURNS = 50
"""So many requests a page: the orders of one page are asked for at once."""
ORDERS_LIST, RETURNS_LIST = "orders", "returns"
# Of an order in one of these nothing has left: no buyer sends anything back.
BEFORE = frozenset({"UNPAID", "ON_HOLD", "AWAITING_SHIPMENT"})


def pull(call: Call, window: Window, cursor: str | None) -> Page[ExternalOrder]:
    """Return one page of the orders that changed in the window, or whose requests did."""
    begin = window.since or window.until - timedelta(days=call.settings["backfill_days"])
    start = Place(int(begin.timestamp()))
    kind, _, rest = (cursor or f"{ORDERS_LIST}/{start.text()}").partition("/")
    if kind == ORDERS_LIST:
        return _changed_orders(call, window, place_in(rest), start)
    if kind == RETURNS_LIST:
        return _changed_returns(call, window, place_in(rest))
    raise ConnectorError("The place in the list of orders cannot be read.")


def account_of(settings: Mapping[str, Any]) -> Account:
    """Return what holds for all orders of a connection.

    Raises: InputError for a VAT that cannot be read.
    """
    return Account(settings["region"], read_vat(str(settings.get("vat_in_prices") or "")))


def returns_of(call: Call, orders: Iterable[str]) -> dict[str, list[Document]]:
    """Return the requests of orders, the oldest first."""
    found: dict[str, list[Document]] = {}
    wanted, token = sorted(set(orders)), ""
    while wanted:
        query: dict[str, object] = {
            "page_size": RETURNS, "sort_field": "update_time", "sort_order": ASC,
            "page_token": token or None,
        }  # fmt: skip
        data = ask(call.http, SEARCH_RETURNS, query=query, json={"order_ids": wanted})
        for row in rows_of(data, "return_orders"):
            known = found.setdefault(str(row["order_id"]), [])
            # A page may tell of a request again that stood on the one before.
            if row["return_id"] not in {each["return_id"] for each in known}:
                known.append(row)
        token = data.get("next_page_token") or ""
        if not token:
            break
    return found


def _changed_orders(call: Call, window: Window, place: Place, start: Place) -> Page[ExternalOrder]:
    page = by_time(call, SEARCH_ORDERS, "orders", place, window.until, PAGE)
    following = page.following
    after = f"{ORDERS_LIST}/{following.text()}" if following else f"{RETURNS_LIST}/{start.text()}"
    return Page(_read(call, page.rows), after)


def _changed_returns(call: Call, window: Window, place: Place) -> Page[ExternalOrder]:
    page = by_time(call, SEARCH_RETURNS, "return_orders", place, window.until, RETURNS)
    after = f"{RETURNS_LIST}/{page.following.text()}" if page.following else None
    refs = sorted({str(each["order_id"]) for each in page.rows})
    if not refs:
        return Page([], after)
    data = ask(call.http, GET_ORDERS, query={"ids": ",".join(refs)})
    return Page(_read(call, rows_of(data, "orders")), after)


def _read(call: Call, rows: Iterable[Document]) -> list[ExternalOrder | Rejected]:
    orders = list(rows)
    account = account_of(call.settings)
    sent = [str(each["id"]) for each in orders if each.get("status") not in BEFORE]
    returns = returns_of(call, sent) if sent else {}
    return read_each(
        orders,
        lambda order: read_order(order, returns.get(str(order["id"]), []), account),
        key="id",
    )
