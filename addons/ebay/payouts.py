"""Payouts as settlements: each with all that moved on the balance for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from addons.ebay.asking import Listed
from addons.ebay.asking import list_page
from addons.ebay.asking import text_of
from addons.ebay.operations import get_payouts
from addons.ebay.operations import get_transactions
from core.api import Call
from core.api import ConnectorError
from core.api import ExternalSettlement
from core.api import MappingError
from core.api import OneByOne
from core.api import Page
from core.api import Window
from core.api import write_json

FORMAT = "ebay payout"
PAGE = 30
"""So many payouts wait in a cursor: it is stored, and must stay small."""
ROWS = 200
LONGEST = timedelta(days=89)
"""eBay answers for 90 days at once."""
LATE = timedelta(days=2)
"""A payout may be shown later than it began: so far back is looked again."""
# What never left eBay comes again with a later payout.
VOID = frozenset({"TERMINAL_FAILED", "REVERSED"})
KNOWN = VOID | {"INITIATED", "SUCCEEDED", "RETRYABLE_FAILED"}
Document = Mapping[str, Any]


def pull(call: Call, window: Window, cursor: str | None) -> Page[ExternalSettlement]:
    """Return the next payout of a window."""
    return OneByOne(
        "payouts",
        listed=lambda after: _listed(call, window, int(after or 0)),
        fetched=lambda payout: _fetched(call, payout),
        packed=_packed,
        unpacked=_unpacked,
    ).page(cursor)


def _listed(call: Call, window: Window, offset: int) -> tuple[list[Document], int | None]:
    """Return the payouts of the next page of the list, the oldest first, and what follows."""
    days = timedelta(days=call.settings["backfill_days"])
    earliest = window.until - LONGEST
    since = window.since - LATE if window.since else max(window.until - days, earliest)
    page = list_page(
        call.http,
        get_payouts(call.settings),
        "payouts",
        api="finances",
        filter=f"payoutDate:[{text_of(since)}..{text_of(window.until)}]",
        limit=PAGE,
        offset=offset,
    )
    if unknown := [each for each in page.rows if each["payoutStatus"] not in KNOWN]:
        raise MappingError("payoutStatus", unknown[0]["payoutStatus"])
    wanted = [
        {name: each[name] for name in ("payoutId", "payoutDate", "amount")}
        for each in page.rows
        if each["payoutStatus"] not in VOID
    ]
    return wanted, _next(page)


def _next(page: Listed) -> int | None:
    if page.end >= page.total:
        return None
    if not page.rows:
        raise ConnectorError("eBay answers an empty page before the end of its list.")
    return page.end


def _fetched(call: Call, payout: Document) -> ExternalSettlement:
    ref = str(payout["payoutId"])
    rows: list[Document] = []
    offset: int | None = 0
    while offset is not None:
        page = list_page(
            call.http,
            get_transactions(call.settings),
            "transactions",
            api="finances",
            filter=f"payoutId:{{{ref}}}",
            limit=ROWS,
            offset=offset,
        )
        rows += page.rows
        offset = _next(page)
    # A page may tell of a row again that stood on the one before.
    unique = {_mark(row): without_buyer(row) for row in rows}
    document = {"format": FORMAT, "payout": payout, "transactions": list(unique.values())}
    return ExternalSettlement(ref, write_json(document).encode())


def without_buyer(row: Document) -> dict[str, Any]:
    """Return a movement as it is kept: the buyer's name is no part of it."""
    return {name: row[name] for name in row if name not in ("buyer", "transactionStatus")}


def _mark(row: Document) -> tuple[str, ...]:
    """Return what a movement is known by; a sale bears the number of its order."""
    names = ("transactionType", "transactionId", "bookingEntry", "transactionDate")
    return tuple(str(row.get(name)) for name in names)


def _packed(payout: Document) -> list[str]:
    """Return a payout in as few letters as hold it."""
    amount = payout["amount"]
    return [payout["payoutId"], payout["payoutDate"], amount["value"], amount["currency"]]


def _unpacked(number: str, began: str, value: str, currency: str) -> Document:
    amount = {"value": value, "currency": currency}
    return {"payoutId": number, "payoutDate": began, "amount": amount}
