"""Answering buyers who want to cancel: the open request of an order is looked up first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from addons.tiktok_shop.asking import ask
from addons.tiktok_shop.asking import rows_of
from addons.tiktok_shop.errors import reasons
from addons.tiktok_shop.operations import APPROVE_CANCEL
from addons.tiktok_shop.operations import REJECT_CANCEL
from addons.tiktok_shop.operations import REJECT_REASONS
from addons.tiktok_shop.operations import SEARCH_CANCELS
from core.api import Call
from core.api import CancelAnswer
from core.api import PushResult
from core.api import RequestRefused

OPEN = "CANCELLATION_REQUEST_PENDING"
NOBODY = "TikTok Shop knows no open request to cancel this order."


def answer(call: Call, told: CancelAnswer) -> PushResult:
    """Cancel an order as its buyer wants, or let it stand for one of TikTok's reasons."""
    ref = told.order_id
    try:
        found = _open(call, ref)
        if found is None:
            return PushResult(ref, False, NOBODY)
        # One answer to one request: told again it is the same.
        query, path = {"idempotency_key": f"{found}-{told.granted}"}, {"cancel_id": found}
        if told.granted:
            call.http.call(APPROVE_CANCEL, path=path, query=query, json={})
            return PushResult(ref, True)
        reason, known = _reason(call, found, told.reason)
        if reason is None:
            return PushResult(ref, False, f"Give one of these reasons: {known}.")
        call.http.call(REJECT_CANCEL, path=path, query=query, json={"reject_reason": reason})
    except RequestRefused as error:
        return PushResult(ref, False, reasons(error))
    return PushResult(ref, True)


def _open(call: Call, ref: str) -> str | None:
    query = {"page_size": 10, "sort_field": "update_time", "sort_order": "DESC"}
    body = {"order_ids": [ref], "cancel_status": [OPEN]}
    rows = rows_of(ask(call.http, SEARCH_CANCELS, query=query, json=body), "cancellations")
    return next(
        (str(each["cancel_id"]) for each in rows if each.get("cancel_status") == OPEN), None
    )


def _reason(call: Call, cancel_id: str, wanted: str) -> tuple[str | None, str]:
    """Return TikTok's name of a reason, None if it is none; and the words of all."""
    query = {"return_or_cancel_id": cancel_id}
    rows: list[Mapping[str, Any]] = rows_of(ask(call.http, REJECT_REASONS, query=query), "reasons")
    texts = "; ".join(str(each.get("text")) for each in rows)
    names = [str(each["name"]) for each in rows if wanted in (each.get("name"), each.get("text"))]
    return (names[0] if names else None), texts
