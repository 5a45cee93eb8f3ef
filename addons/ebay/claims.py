"""Inquiries about goods that did not arrive, and cases that eBay decides, by the Post-Order API.

Its document names the addresses alone. Fields, states and parameters are from its pages at
https://developer.ebay.com/Devzone/post-order; neither list names the order, but item and purchase.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from addons.ebay.amounts import amount_of
from addons.ebay.asking import ask
from addons.ebay.asking import text_of
from addons.ebay.operations import SEARCH_CASES
from addons.ebay.operations import SEARCH_INQUIRIES
from core.api import Call
from core.api import ConnectorError
from core.api import DisputeKind
from core.api import DisputeState
from core.api import DisputeStep
from core.api import ExternalDispute
from core.api import MappingError
from core.api import Operation
from core.api import Page
from core.api import Window
from core.api import choice
from core.api import moment
from core.api import read_each

PAGE = 100
LONGEST = timedelta(days=90)
Document = Mapping[str, Any]
WAITS = ("OPEN", "WAITING_SELLER_RESPONSE")
INQUIRY_STATES = {
    "OPEN": DisputeState.OPEN,
    "WAITING_SELLER_RESPONSE": DisputeState.OPEN,
    "PENDING": DisputeState.PENDING,
    "WAITING_BUYER_RESPONSE": DisputeState.PENDING,
    "OTHER": DisputeState.PENDING,
    "CLOSED": DisputeState.CLOSED,
    "CLOSED_WITH_ESCALATION": DisputeState.CLOSED,
    "CS_CLOSED": DisputeState.CLOSED,
}
CASE_STATES = {
    "OPEN": DisputeState.OPEN,
    "REFUND_AGREED_BUT_FAILED": DisputeState.OPEN,
    "ON_HOLD": DisputeState.PENDING,
    "OTHER": DisputeState.PENDING,
    "WAITING_CS": DisputeState.PENDING,
    "WAITING_DELIVERY": DisputeState.PENDING,
    "CLOSED": DisputeState.CLOSED,
    "CS_CLOSED": DisputeState.CLOSED,
}


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of claims: how it is asked for, and what its fields are called."""

    operation: Operation
    kind: DisputeKind
    since: str
    number: str
    status: str
    states: Mapping[str, DisputeState]
    reason: str
    steps: tuple[DisputeStep, ...]


LISTS = {
    "inquiry": Listing(
        SEARCH_INQUIRIES, DisputeKind.CLAIM, "inquiry_creation_date_range", "inquiryId",
        "inquiryStatusEnum", INQUIRY_STATES, "ITEM_NOT_RECEIVED",
        (DisputeStep.ACCEPT, DisputeStep.CONTEST),
    ),
    "case": Listing(
        SEARCH_CASES, DisputeKind.CASE, "case_creation_date_range", "caseId",
        "caseStatusEnum", CASE_STATES, "CASE", (DisputeStep.ACCEPT,),
    ),
}  # fmt: skip


def pull(call: Call, window: Window, name: str, cursor: str | None) -> Page[ExternalDispute]:
    """Return one page of the claims of a list; pages are counted from 1."""
    if cursor is not None and not cursor.isdecimal():
        raise ConnectorError("The place in a list of claims cannot be read.")
    listing, page = LISTS[name], int(cursor or 1)
    query = {
        f"{listing.since}_from": text_of(window.until - LONGEST),
        f"{listing.since}_to": text_of(window.until),
        "limit": PAGE,
        "offset": page,
    }
    answer = ask(call.http, listing.operation, api="post-order", query=query) or {}
    rows, paging = answer.get("members", []), answer.get("paginationOutput") or {}
    if not isinstance(rows, list):
        raise MappingError("members", type(rows).__name__)
    records = read_each(rows, lambda told: read_claim(told, name), key=listing.number)
    more = rows and page < int(paging.get("totalPages") or 0)
    return Page(records, str(page + 1) if more else None)


def read_claim(told: Document, name: str) -> ExternalDispute:
    """Return an inquiry or a case.

    Raises: MappingError.
    """
    listing = LISTS[name]
    number, status = told.get(listing.number), str(told.get(listing.status))
    if not number:
        raise MappingError(listing.number, number)
    state = choice(status, listing.states, path=listing.status)
    amount = told.get("claimAmount") or {}
    currency = str(amount.get("currency") or "")
    due = told.get("respondByDate")
    return ExternalDispute(
        external_id=f"{name}-{number}",
        kind=listing.kind,
        order_id=str(told.get("orderId") or ""),
        state=state,
        reason=f"{listing.reason}: item {told.get('itemId')}, {told.get('transactionId')}",
        status=status,
        opened_at=moment(_value(told["creationDate"]), path="creationDate"),
        amount=amount_of({**amount, "value": str(amount["value"])}, currency, "claimAmount")
        if currency
        else None,
        currency=currency,
        answer_by=moment(_value(due), path="respondByDate") if due else None,
        steps=listing.steps if state is DisputeState.OPEN else (),
    )


def _value(told: object) -> object:
    """Return a moment, which eBay wraps here."""
    return told.get("value") if isinstance(told, dict) else told
