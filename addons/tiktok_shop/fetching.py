"""Statements as settlements: each with all its transactions, by the SKUs of their orders."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from addons.tiktok_shop.asking import ASC
from addons.tiktok_shop.asking import ask
from addons.tiktok_shop.asking import rows_of
from addons.tiktok_shop.operations import LIST_STATEMENTS
from addons.tiktok_shop.operations import ORDER_ROWS
from addons.tiktok_shop.operations import STATEMENT_ROWS
from core.api import Call
from core.api import ExternalSettlement
from core.api import OneByOne
from core.api import Page
from core.api import Window
from core.api import write_json

FORMAT = "tiktok statement"
PAGE = 30
"""So many statements wait in a cursor: it is stored, and must stay small."""
ROWS = 100
LATE = timedelta(days=3)
"""A statement may be shown later than the day it is of: so far back is looked again."""
ORDER = "ORDER"
HEAD = ("id", "create_time", "currency", "payable_amount") + (
    "total_settlement_amount", "total_reserve_amount",
)  # fmt: skip
Document = Mapping[str, Any]


def pull(call: Call, window: Window, cursor: str | None) -> Page[ExternalSettlement]:
    """Return the next statement of a window."""
    return OneByOne(
        "statements",
        listed=lambda after: _listed(call, window, str(after or "")),
        fetched=lambda statement: _fetched(call, str(statement["id"])),
        packed=lambda statement: [statement["id"]],
        unpacked=lambda number: {"id": number},
    ).page(cursor)


def _listed(call: Call, window: Window, token: str) -> tuple[list[Document], str | None]:
    """Return the statements of the next page of the list, the oldest first, and what follows."""
    days = timedelta(days=call.settings["backfill_days"])
    since = window.since - LATE if window.since else window.until - days
    query = {
        "statement_time_ge": int(since.timestamp()),
        "statement_time_lt": int(window.until.timestamp()),
        "page_size": PAGE,
        "page_token": token or None,
        "sort_field": "statement_time",
        "sort_order": ASC,
    }
    data = ask(call.http, LIST_STATEMENTS, query=query)
    return list(rows_of(data, "statements")), data.get("next_page_token") or None


def _fetched(call: Call, ref: str) -> ExternalSettlement:
    found: dict[str, Document] = {}
    head: Document = {}
    token = ""
    while True:
        query = {
            "page_size": ROWS, "page_token": token or None, "sort_field": "order_create_time",
            "sort_order": ASC,
        }  # fmt: skip
        data = ask(call.http, STATEMENT_ROWS, path={"statement_id": ref}, query=query)
        head = head or {name: data.get(name) for name in HEAD}
        # A page may tell of a row again that stood on the one before.
        found |= {str(row["id"]): row for row in rows_of(data, "transactions")}
        token = data.get("next_page_token") or ""
        if not token:
            break
    rows = [_with_skus(call, ref, row) for row in found.values()]
    document = {"format": FORMAT, "statement": head, "transactions": rows}
    return ExternalSettlement(ref, write_json(document).encode())


def _with_skus(call: Call, ref: str, row: Document) -> Document:
    """Return a transaction with what of it falls on each SKU, where that is wanted."""
    order = row.get("order_id")
    if row.get("type") != ORDER or not order or not call.settings.get("fees_by_sku", True):
        return row
    data = ask(call.http, ORDER_ROWS, path={"order_id": order})
    # The order's whole history is told; this statement's part of it is looked for.
    skus = [
        each for each in rows_of(data, "sku_transactions") if str(each.get("statement_id")) == ref
    ]
    return {**row, "skus": skus}
