"""Answering buyers who want to cancel, by the Post-Order API; the order names the request."""

from __future__ import annotations

from addons.ebay.asking import ask
from addons.ebay.errors import reasons
from addons.ebay.operations import APPROVE_CANCEL
from addons.ebay.operations import GET_ORDER
from addons.ebay.operations import REJECT_CANCEL
from core.api import Call
from core.api import CancelAnswer
from core.api import PushResult
from core.api import RequestRefused

OPEN = "REQUESTED"
NOBODY = "eBay knows no open request to cancel this order."


def answer(call: Call, told: CancelAnswer) -> PushResult:
    """Cancel an order as its buyer wants, or let it stand; eBay takes no words for why."""
    ref = told.order_id
    try:
        order = ask(call.http, GET_ORDER, api="fulfillment", path={"order_id": ref}) or {}
        requests = (order.get("cancelStatus") or {}).get("cancelRequests") or ()
        found = [each for each in requests if each.get("cancelRequestState") == OPEN]
        if not found:
            return PushResult(ref, False, NOBODY)
        operation = APPROVE_CANCEL if told.granted else REJECT_CANCEL
        path = {"cancel_id": found[0]["cancelRequestId"]}
        call.http.call(operation, path=path, json={})
    except RequestRefused as error:
        return PushResult(ref, False, reasons(error))
    return PushResult(ref, True)
