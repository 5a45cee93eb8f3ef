"""Goods that buyers send back, by the Post-Order API: older than the others, it counts pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from addons.ebay.asking import ask
from addons.ebay.asking import text_of
from addons.ebay.operations import SEARCH_RETURNS
from core.api import Call
from core.api import ConnectorError
from core.api import ExternalReturn
from core.api import MappingError
from core.api import Page
from core.api import ReturnState
from core.api import Window
from core.api import moment
from core.api import read_each

PAGE = 100
LONGEST = timedelta(days=90)
"""A return changes for so long after it was begun; eBay is asked by when it was begun."""
Document = Mapping[str, Any]
STATES: Mapping[str, ReturnState] = {
    "RETURN_REQUESTED": ReturnState.REQUESTED,
    "RETURN_REQUESTED_TIMEOUT": ReturnState.REQUESTED,
    "ITEM_DELIVERED": ReturnState.DELIVERED,
    "RETURN_REJECTED": ReturnState.CANCELLED,
    "CLOSED": ReturnState.CLOSED,
    "REPLACEMENT_CLOSED": ReturnState.CLOSED,
}
"""What the states mean that say more than that the goods are on their way; eBay lists no others."""


def pull(call: Call, window: Window, cursor: str | None) -> Page[ExternalReturn]:
    """Return one page of the returns that may have changed in the window."""
    if cursor is not None and not cursor.isdecimal():
        raise ConnectorError("The place in the list of returns cannot be read.")
    page = int(cursor or 1)
    days = timedelta(days=call.settings["backfill_days"])
    since = window.since - LONGEST if window.since else window.until - days
    query = {
        "creation_date_range_from": text_of(since),
        "creation_date_range_to": text_of(window.until),
        "limit": PAGE,
        "offset": page,
    }
    answer = ask(call.http, SEARCH_RETURNS, api="post-order", query=query) or {}
    rows, paging = answer.get("members"), answer.get("paginationOutput")
    if not isinstance(rows, list) or not isinstance(paging, dict):
        raise MappingError("members", type(rows).__name__)
    records = read_each(rows, read_return, key="returnId")
    more = rows and page < int(paging.get("totalPages") or 0)
    return Page(records, str(page + 1) if more else None)


def read_return(told: Document) -> ExternalReturn:
    """Return a return.

    Raises: MappingError.
    """
    begun = told["creationInfo"]
    item = begun["item"]
    quantity = item["returnQuantity"]
    if not isinstance(quantity, int) or quantity < 1:
        raise MappingError("creationInfo.item.returnQuantity", quantity)
    at = begun["creationDate"]
    began = moment(at["value"] if isinstance(at, dict) else at, path="creationDate")
    return ExternalReturn(
        external_id=str(told["returnId"]),
        order_id=str(told["orderId"]),
        code=f"item {item['itemId']}",
        quantity=quantity,
        reason=f"{begun.get('reason') or ''}: {told['state']}".strip(": "),
        # eBay tells no other moment: of equal versions the one that is told last holds.
        updated_at=began,
        line_id=str(item.get("transactionId") or ""),
        state=STATES.get(str(told["state"]), ReturnState.COMING),
        announced_at=began,
    )
