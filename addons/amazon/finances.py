"""Finances 2024-06-19: what Amazon owes for events and holds back, such as until delivery.

A transaction is DEFERRED until it is released; then it is told once more as RELEASED, which comes
with the settlement. Only what is deferred is asked for, so that nothing counts twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from datetime import timedelta
from typing import Any

from addons.amazon.operations import LIST_TRANSACTIONS
from core.api import Call
from core.api import HeldMoney
from core.api import MappingError
from core.api import Page
from core.api import Rejected
from core.api import Window
from core.api import moment
from core.api import money
from core.api import read_each

LONGEST = timedelta(days=179)
"""Amazon answers nothing for more than 180 days; nothing is held back as long."""
KINDS = {"Shipment": "Order"}
"""What settlements call the events."""
STATES = {"DEFERRED": False, "DEFERRED_RELEASED": True, "RELEASED": True}


def pull_deferred(call: Call, window: Window, cursor: str | None) -> Page[HeldMoney]:
    """Return one page of the transactions that are deferred now."""
    query = {
        "postedAfter": _text(window.until - LONGEST),
        "postedBefore": _text(window.until),
        "transactionStatus": "DEFERRED",
        "nextToken": cursor,
    }
    body = call.http.call(LIST_TRANSACTIONS, query=query).json()
    payload = body.get("payload") if isinstance(body, dict) else None
    found = payload.get("transactions") if isinstance(payload, dict) else None
    if not isinstance(payload, dict) or not isinstance(found, list):
        raise MappingError("payload.transactions", type(found).__name__)
    records: list[HeldMoney | Rejected] = read_each(found, read_held, key="transactionId")
    token = payload.get("nextToken")
    return Page(records, str(token) if token else None)


def read_held(document: Mapping[str, Any]) -> HeldMoney:
    """Return a transaction.

    Raises: MappingError.
    """
    # Amazon need not repeat what was asked for, nor name a transaction.
    status = document.get("transactionStatus") or "DEFERRED"
    if status not in STATES:
        raise MappingError("transactionStatus", status)
    total = document["totalAmount"]
    currency = total["currencyCode"]
    deferred = _deferred(document)
    kind = document["transactionType"]
    due = deferred.get("maturityDate")
    return HeldMoney(
        external_id=document.get("transactionId") or "",
        kind=KINDS.get(kind, kind),
        order_id=_order(document),
        posted_at=moment(document["postedDate"], path="postedDate"),
        amount=money(total["currencyAmount"], currency, path="totalAmount"),
        currency=currency,
        reason=str(deferred.get("deferralReason") or ""),
        releases_at=moment(due, path="maturityDate") if due else None,
        released=STATES[status],
    )


def _order(document: Mapping[str, Any]) -> str:
    for each in document.get("relatedIdentifiers") or ():
        if each["relatedIdentifierName"] == "ORDER_ID":
            return str(each["relatedIdentifierValue"])
    return ""


def _deferred(document: Mapping[str, Any]) -> Mapping[str, Any]:
    contexts = document.get("contexts") or ()
    return next((each for each in contexts if each.get("contextType") == "DeferredContext"), {})


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
