"""What Amazon paid out to the bank, and what it is going to pay: transfers 2024-06-01."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from datetime import UTC
from datetime import datetime
from typing import Any

from addons.amazon.errors import reasons
from addons.amazon.marketplaces import MARKETPLACES
from addons.amazon.operations import BEGIN_PAYOUT
from addons.amazon.operations import LIST_EXPECTED
from addons.amazon.operations import LIST_PAYOUTS
from core.api import Call
from core.api import MappingError
from core.api import Operation
from core.api import PayoutSeen
from core.api import PushResult
from core.api import RequestRefused
from core.api import moment
from core.api import money

MOST_PAGES = 200
SETTLEMENT = "SETTLEMENT_ID"
STANDARD = "Standard Orders"
ON_DEMAND = "ON_DEMAND"
STORES = ("DE", "FR", "IT", "ES", "SE", "NL", "PL", "BE")
"""Where Amazon begins payouts on demand, by its model of 2024-06-01."""
TEXT = "%Y-%m-%dT%H:%M:%SZ"

Document = Mapping[str, Any]


def read(call: Call, since: datetime) -> list[PayoutSeen]:
    """Return what is going to be paid for the marketplace, then what was since a moment."""
    place = {"marketplaceIds": call.settings["marketplace"]}
    after = {**place, "createdAfter": since.astimezone(UTC).strftime(TEXT)}
    return [
        *_walk(call, LIST_EXPECTED, place, "expectedPayouts", read_expected),
        *_walk(call, LIST_PAYOUTS, after, "payouts", read_payout),
    ]


def begin(call: Call, key: str) -> PushResult:
    """Have Amazon pay out now; it takes one in a day for a marketplace."""
    place = call.settings["marketplace"]
    body = {"marketplaceId": place, "accountType": STANDARD}
    try:
        told = call.http.call(BEGIN_PAYOUT, json=body).json()
    except RequestRefused as error:
        said = reasons(error)
        if MARKETPLACES[place].country not in STORES:
            said += f" Amazon begins payouts on demand in {', '.join(STORES)} only."
        return PushResult(key, False, said)
    return PushResult(key, True, ticket=str(told["payoutReferenceId"]))


def read_payout(document: Document) -> PayoutSeen:
    """Return a payout that was begun; what it says last counts.

    Raises: MappingError.
    """
    last = max(
        document["statusHistory"],
        key=lambda each: moment(each["lastUpdatedDate"], path="lastUpdatedDate"),
        default={},
    )
    at, why = document.get("creationDate"), last.get("failureReason") or ""
    return _payout(document, document["id"], document["currentStatus"], at, why)


def read_expected(document: Document) -> PayoutSeen:
    """Return a payout that is still to come; it has no number yet.

    Raises: MappingError.
    """
    return _payout(document, "", document["status"], document.get("scheduledDate"), "")


def _payout(document: Document, ref: str, status: str, at: str | None, reason: str) -> PayoutSeen:
    told = document.get("amount") or {}
    currency = told.get("currencyCode") or ""
    amount = told.get("currencyAmount")
    related = document.get("relatedIdentifiers") or ()
    settlements = [
        each["relatedIdentifierValue"]
        for each in related
        if each["relatedIdentifierName"] == SETTLEMENT
    ]
    return PayoutSeen(
        ref,
        status,
        None if amount is None else money(amount, currency, path="amount.currencyAmount"),
        currency,
        None if at is None else moment(at, path="date"),
        document["partnerMetadata"]["accountType"],
        document.get("accountTail") or "",
        tuple(settlements),
        reason,
        document.get("type") == ON_DEMAND,
    )


def _walk(
    call: Call,
    operation: Operation,
    query: Mapping[str, str],
    name: str,
    read_one: Callable[[Document], PayoutSeen],
) -> Iterator[PayoutSeen]:
    token: str | None = None
    for _ in range(MOST_PAGES):
        body = call.http.call(operation, query={**query, "nextToken": token}).json()
        if not isinstance(body, dict):
            raise MappingError(name, type(body).__name__)
        yield from (read_one(each) for each in body.get(name) or ())
        following = body.get("nextToken")
        if not following or following == token:
            return
        token = following
