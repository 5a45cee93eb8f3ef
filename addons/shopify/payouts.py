"""Payouts of Shopify Payments as settlements: each with all that moved on the balance for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from addons.shopify.asking import ask
from addons.shopify.asking import following
from addons.shopify.asking import nodes_of
from addons.shopify.asking import number_of
from addons.shopify.asking import question
from addons.shopify.documents import PAYOUTS
from addons.shopify.documents import TRANSACTIONS
from addons.shopify.pulling import text_of
from core.api import Call
from core.api import ExternalSettlement
from core.api import MappingError
from core.api import OneByOne
from core.api import Page
from core.api import Window

FORMAT = "shopify payout"
PAGE = 30
"""So many payouts wait in a cursor: it is stored, and must stay small."""
ROWS = 100
LATE = timedelta(days=1)
"""A payout may be shown later than it was issued: so far back is looked again."""
# What never left Shopify comes again with a later payout.
VOID = frozenset({"CANCELED", "FAILED"})
Document = Mapping[str, Any]


def pull(call: Call, window: Window, cursor: str | None) -> Page[ExternalSettlement]:
    """Return the next payout of a window."""
    return OneByOne(
        "payouts",
        listed=lambda after: _listed(call, window, str(after) if after is not None else None),
        fetched=lambda payout: _fetched(call, payout),
        packed=_packed,
        unpacked=_unpacked,
    ).page(cursor)


def _listed(call: Call, window: Window, after: str | None) -> tuple[list[Document], str | None]:
    """Return the payouts of the next page of the list, the oldest first, and what follows."""
    days = timedelta(days=call.settings["backfill_days"])
    since = window.since - LATE if window.since else window.until - days
    account = ask(
        call.http,
        question("shopify.payouts"),
        PAYOUTS,
        first=PAGE,
        after=after,
        query=f"issued_at:>='{text_of(since)}' AND issued_at:<='{text_of(window.until)}'",
    ).get("shopifyPaymentsAccount")
    if account is None:
        # The shop is paid by others: there is nothing to fetch.
        return [], None
    found = nodes_of(account.get("payouts"), "payouts")
    wanted = [
        {"id": each["id"], "issuedAt": each["issuedAt"], "net": each["net"]}
        for each in found
        if each["status"] not in VOID
    ]
    return wanted, following(account["payouts"])


def _fetched(call: Call, payout: Document) -> ExternalSettlement:
    ref = number_of(payout["id"], "ShopifyPaymentsPayout")
    rows: list[Document] = []
    after, more = None, True
    while more:
        account = ask(
            call.http,
            question("shopify.transactions"),
            TRANSACTIONS,
            first=ROWS,
            after=after,
            query=f"payments_transfer_id:{ref}",
        ).get("shopifyPaymentsAccount")
        if account is None:
            raise MappingError("shopifyPaymentsAccount", None)
        page = account.get("balanceTransactions")
        rows += nodes_of(page, "balanceTransactions")
        after = following(page)
        more = after is not None
    # A page may tell of a row again that stood on the one before.
    unique = {row["id"]: {k: v for k, v in row.items() if k != "associatedPayout"} for row in rows}
    document = {"format": FORMAT, "payout": payout, "transactions": list(unique.values())}
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, default=str)
    return ExternalSettlement(ref, text.encode())


def _packed(payout: Document) -> list[str]:
    """Return a payout in as few letters as hold it."""
    net = payout["net"]
    number = number_of(payout["id"], "ShopifyPaymentsPayout")
    return [number, payout["issuedAt"], str(net["amount"]), net["currencyCode"]]


def _unpacked(number: str, issued: str, amount: str, currency: str) -> Document:
    net = {"amount": amount, "currencyCode": currency}
    return {"id": f"gid://shopify/ShopifyPaymentsPayout/{number}", "issuedAt": issued, "net": net}
