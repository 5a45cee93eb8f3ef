"""Goods that buyers send back, by their requests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from addons.tiktok_shop.amounts import Document
from addons.tiktok_shop.amounts import moment_of
from addons.tiktok_shop.asking import Place
from addons.tiktok_shop.asking import by_time
from addons.tiktok_shop.asking import place_in
from addons.tiktok_shop.operations import SEARCH_RETURNS
from addons.tiktok_shop.statuses import brings_goods
from addons.tiktok_shop.statuses import return_state
from core.api import Call
from core.api import ExternalReturn
from core.api import Page
from core.api import Window
from core.api import read_each

PAGE = 50


def pull(call: Call, window: Window, cursor: str | None) -> Page[ExternalReturn]:
    """Return one page of the returns that changed in the window."""
    begin = window.since or window.until - timedelta(days=call.settings["backfill_days"])
    place = place_in(cursor) if cursor else Place(int(begin.timestamp()))
    page = by_time(call, SEARCH_RETURNS, "return_orders", place, window.until, PAGE)
    rows = [row for told in page.rows if brings_goods(told) for row in _by_sku(told)]
    following = page.following.text() if page.following else None
    return Page(read_each(rows, read_return, key="return_id"), following)


def read_return(told: Document) -> ExternalReturn:
    """Return what comes back of one SKU.

    Raises: MappingError.
    """
    reason = told.get("return_reason_text") or told.get("return_reason") or ""
    return ExternalReturn(
        external_id=f"{told['return_id']}/{told['sku']}",
        order_id=str(told["order_id"]),
        code=str(told["code"]),
        quantity=told["quantity"],
        reason=f"{reason}: {told['return_status']}".strip(": "),
        updated_at=moment_of(told["update_time"], "return_orders.update_time"),
        line_id=str(told["sku"]),
        state=return_state(told),
        tracking=str(told.get("return_tracking_number") or ""),
        announced_at=moment_of(told["create_time"], "return_orders.create_time"),
    )


def _by_sku(told: Document) -> Iterator[Document]:
    counts: dict[str, int] = {}
    names: dict[str, str] = {}
    for row in told.get("return_line_items") or ():
        ref = str(row.get("sku_id") or row["order_line_item_id"])
        counts[ref] = counts.get(ref, 0) + 1
        names[ref] = str(row.get("seller_sku") or "") or f"sku {ref}"
    for ref, quantity in counts.items():
        yield {**told, "sku": ref, "code": names[ref], "quantity": quantity}
