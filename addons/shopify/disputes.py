"""Disputes of payments by Shopify Payments: what buyers ask their banks back, as it stands now.

They are answered in Shopify's admin. What they take or give back comes with the payouts.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from addons.shopify.amounts import plain_amount
from addons.shopify.asking import ask
from addons.shopify.asking import following
from addons.shopify.asking import nodes_of
from addons.shopify.asking import number_of
from addons.shopify.asking import question
from addons.shopify.documents import DISPUTES
from addons.shopify.orders import SIGN
from addons.shopify.pulling import text_of
from core.api import Call
from core.api import DisputeKind
from core.api import DisputeState
from core.api import ExternalDispute
from core.api import Page
from core.api import Window
from core.api import choice
from core.api import moment
from core.api import read_each

PAGE = 50
LONGEST = timedelta(days=180)
"""Banks decide within it: older disputes are not asked for again."""
STATES: Mapping[str, DisputeState] = {
    "NEEDS_RESPONSE": DisputeState.OPEN,
    "UNDER_REVIEW": DisputeState.PENDING,
    "WON": DisputeState.WON,
    "LOST": DisputeState.LOST,
    "ACCEPTED": DisputeState.LOST,
    "CHARGE_REFUNDED": DisputeState.CLOSED,
    "PREVENTED": DisputeState.CLOSED,
}
Document = Mapping[str, Any]


def pull(call: Call, window: Window, cursor: str | None) -> Page[ExternalDispute]:
    """Return one page of the disputes that were opened lately, as they are now."""
    if not call.settings.get("disputes"):
        return Page([])
    data = ask(
        call.http,
        question("shopify.disputes"),
        DISPUTES,
        first=PAGE,
        after=cursor,
        query=f"initiated_at:>='{text_of(window.until - LONGEST)}'",
    )
    account = data.get("shopifyPaymentsAccount")
    if account is None:
        # The shop is paid by others.
        return Page([])
    found = nodes_of(account.get("disputes"), "disputes")
    return Page(read_each(found, read_dispute, key="id"), following(account["disputes"]))


def read_dispute(told: Document) -> ExternalDispute:
    """Return a dispute.

    Raises: MappingError.
    """
    currency = told["amount"]["currencyCode"]
    state = choice(told["status"], STATES, path="disputes.status")
    due = told.get("evidenceDueBy")
    order = told.get("order") or {}
    return ExternalDispute(
        external_id=number_of(told["id"], "ShopifyPaymentsDispute"),
        kind=DisputeKind.PAYMENT,
        order_id=str(order.get("name") or "").removeprefix(SIGN),
        state=state,
        reason=str(told["reasonDetails"]["reason"]),
        status=f"{told['type']} {told['status']}",
        opened_at=moment(told["initiatedAt"], path="disputes.initiatedAt"),
        amount=plain_amount(told["amount"], currency, "disputes.amount"),
        currency=currency,
        answer_by=moment(due, path="disputes.evidenceDueBy") if due else None,
    )
