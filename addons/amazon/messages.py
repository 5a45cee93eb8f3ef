"""Writing to buyers: only what Amazon allows for an order, and asking for a review once.

What buyers write back reaches the seller by e-mail alone: no operation tells of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from addons.amazon.errors import reasons
from addons.amazon.operations import ASK_REVIEW
from addons.amazon.operations import CONFIRM_CUSTOMISATION
from addons.amazon.operations import CONFIRM_DELIVERY
from addons.amazon.operations import CONFIRM_ORDER
from addons.amazon.operations import CONFIRM_SERVICE
from addons.amazon.operations import GET_ACTIONS
from addons.amazon.operations import GET_ORDER
from addons.amazon.operations import GET_SOLICITATIONS
from addons.amazon.operations import SEND_KEY
from addons.amazon.operations import TELL_PROBLEM
from core.api import Call
from core.api import MappingError
from core.api import MessageDraft
from core.api import MessageKind
from core.api import Operation
from core.api import RequestRefused
from core.api import SentMessage

REVIEW = "productReviewAndSellerFeedback"
KINDS: Mapping[str, tuple[Operation, int]] = {
    "confirmOrderDetails": (CONFIRM_ORDER, 2000),
    "confirmDeliveryDetails": (CONFIRM_DELIVERY, 2000),
    "confirmServiceDetails": (CONFIRM_SERVICE, 2000),
    "confirmCustomizationDetails": (CONFIRM_CUSTOMISATION, 800),
    "digitalAccessKey": (SEND_KEY, 400),
    "unexpectedProblem": (TELL_PROBLEM, 2000),
    REVIEW: (ASK_REVIEW, 0),
}
"""What is a text alone; Amazon's other kinds are files."""


def kinds(call: Call, order_id: str) -> list[MessageKind]:
    """Return what Amazon lets a seller write about an order now."""
    query = {"marketplaceIds": _place(call, order_id)}
    found: list[MessageKind] = []
    for operation in (GET_ACTIONS, GET_SOLICITATIONS):
        told = call.http.call(operation, path={"order_id": order_id}, query=query).json()
        found += [MessageKind(name, "", KINDS[name][1]) for name in _names(told) if name in KINDS]
    return found


def send(call: Call, draft: MessageDraft) -> SentMessage:
    """Send a message; Amazon gives it no name.

    Raises: RequestRefused with Amazon's reason.
    """
    if draft.kind not in KINDS or not draft.order_id:
        raise MappingError("kind", draft.kind, hint="Ask Amazon what may be sent.")
    operation, most = KINDS[draft.kind]
    query = {"marketplaceIds": _place(call, draft.order_id)}
    body = {"text": draft.text} if most else None
    try:
        call.http.call(operation, path={"order_id": draft.order_id}, query=query, json=body)
    except RequestRefused as error:
        raise RequestRefused(reasons(error), status=error.status) from error
    return SentMessage()


def _place(call: Call, order_id: str) -> str:
    """Return the marketplace on which an order was placed: Amazon wants that very one."""
    order = call.http.call(GET_ORDER, path={"order_id": order_id}).json()["order"]
    return str(order["salesChannel"].get("marketplaceId") or call.settings["marketplace"])


def _names(told: Any) -> list[str]:
    """Return the names of what is allowed.

    Raises: MappingError when the answer has no list of it.
    """
    links = told.get("_links") if isinstance(told, dict) else None
    actions = links.get("actions") if isinstance(links, dict) else None
    if not isinstance(actions, list):
        raise MappingError("_links.actions", type(actions).__name__)
    return [str(each.get("name") or "") for each in actions]
