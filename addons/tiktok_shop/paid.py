"""What TikTok Shop paid out, and what was withdrawn to the bank: kept beside the statements.

A payment may pay several statements. Rows are kept as they came, without the bank account.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from addons.tiktok_shop.asking import ASC
from addons.tiktok_shop.asking import ask
from addons.tiktok_shop.asking import rows_of
from addons.tiktok_shop.operations import LIST_PAYMENTS
from addons.tiktok_shop.operations import LIST_WITHDRAWALS
from core.api import Call
from core.api import ConnectorError
from core.api import DocumentRow
from core.api import ExternalDocument
from core.api import MappingError
from core.api import Page
from core.api import Window

PAGE = 100
LATE = timedelta(days=30)
"""A payment changes its state for so long: so far back is looked again."""
PAYMENTS = "payments"
# What went to the bank, and what came back since the bank did not take it.
LISTS = (PAYMENTS, "WITHDRAW", "REVERSE")
HIDDEN = "bank_account"


def pull(call: Call, window: Window, cursor: str | None) -> Page[ExternalDocument]:
    """Return one page of payments, then of withdrawals."""
    kind, _, token = (cursor or f"{PAYMENTS}/").partition("/")
    if kind not in LISTS:
        raise ConnectorError("The place in the list of payments cannot be read.")
    days = timedelta(days=call.settings["backfill_days"])
    since = window.since - LATE if window.since else window.until - days
    query: dict[str, object] = {
        "create_time_ge": int(since.timestamp()),
        "create_time_lt": int(window.until.timestamp()),
        "page_size": PAGE,
        "page_token": token or None,
    }
    if kind == PAYMENTS:
        query |= {"sort_field": "create_time", "sort_order": ASC}
        data = ask(call.http, LIST_PAYMENTS, query=query)
    else:
        data = ask(call.http, LIST_WITHDRAWALS, query=query | {"types": kind})
    rows = rows_of(data, PAYMENTS if kind == PAYMENTS else "withdrawals")
    name = f"{kind.lower()} {window.until:%Y-%m-%d} {token}".strip()
    told = PAYMENTS if kind == PAYMENTS else "withdrawals"
    found = [ExternalDocument(name, told, [_row(row) for row in rows])] if rows else []
    return Page(found, _following(kind, str(data.get("next_page_token") or "")))


def _following(kind: str, token: str) -> str | None:
    if token:
        return f"{kind}/{token}"
    place = LISTS.index(kind) + 1
    return f"{LISTS[place]}/" if place < len(LISTS) else None


def _row(row: Mapping[str, Any]) -> DocumentRow:
    """Return a row with amounts and currencies on one level.

    Raises: MappingError.
    """
    if not row.get("id"):
        raise MappingError("id", row.get("id"))
    cells: dict[str, str] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            cells |= {f"{name}_{part}": str(each) for part, each in value.items()}
        elif name != HIDDEN and value is not None:
            cells[name] = str(value)
    return DocumentRow(str(row["id"]), cells)
