"""Disputes about an order's money: payment disputes, inquiries and cases, each with its deadline.

Payment disputes are of the Fulfillment API, and of a permission of its own: they are switched on.
What they take or give back comes with the payouts.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from datetime import datetime
from datetime import timedelta
from typing import Any

from addons.ebay import claims
from addons.ebay.amounts import amount_of
from addons.ebay.asking import ask
from addons.ebay.asking import following
from addons.ebay.asking import list_page
from addons.ebay.asking import place_in
from addons.ebay.asking import text_of
from addons.ebay.operations import get_dispute
from addons.ebay.operations import get_disputes
from core.api import Call
from core.api import ConnectorError
from core.api import DisputeKind
from core.api import DisputeState
from core.api import DisputeStep
from core.api import ExternalDispute
from core.api import MappingError
from core.api import Page
from core.api import Window
from core.api import choice
from core.api import moment
from core.api import read_each

API = "fulfillment"
PAGE = 200
LONGEST = timedelta(days=89)
"""eBay answers for 90 days at once; a dispute is over by then."""
AGAIN = timedelta(days=1)
"""What ended longer before a run has been told by an earlier one."""
PAYMENT = "payment"
ORDER = (PAYMENT, *claims.LISTS)
ACTION_NEEDED, CLOSED = "ACTION_NEEDED", "CLOSED"
STATES = {
    "OPEN": DisputeState.PENDING,
    ACTION_NEEDED: DisputeState.OPEN,
    CLOSED: DisputeState.CLOSED,
}
EVIDENCE = ("PROOF_OF_AUTHENTICITY", "PROOF_OF_ITEM_AS_DESCRIBED", "PROOF_OF_CREDIT_NOT_DUE")
"""Proof of delivery eBay takes with the parcel of the order alone."""
Document = Mapping[str, Any]


def pull(call: Call, window: Window, cursor: str | None) -> Page[ExternalDispute]:
    """Return one page of the disputes that were opened lately, as they are now."""
    if not call.settings.get("disputes"):
        return Page([])
    name, mark, inner = (cursor or f"{PAYMENT}:").partition(":")
    if not mark or name not in ORDER:
        raise ConnectorError("The place in the lists of disputes cannot be read.")
    if name == PAYMENT:
        page = _payments(call, window, inner or None)
    else:
        page = claims.pull(call, window, name, inner or None)
    return Page(page.records, _next(call, name, page.next_cursor))


def _next(call: Call, name: str, inner: str | None) -> str | None:
    """Return where to go on: in the same list, else in the next one."""
    if inner is not None:
        return f"{name}:{inner}"
    # eBay's sandbox knows neither inquiries nor cases.
    lists = ORDER[:1] if "sandbox" in str(call.settings.get("site")) else ORDER
    after = lists[lists.index(name) + 1 :]
    return f"{after[0]}:" if after else None


def _payments(call: Call, window: Window, cursor: str | None) -> Page[ExternalDispute]:
    offset, total = place_in(cursor)
    page = list_page(
        call.http,
        get_disputes(call.settings),
        "paymentDisputeSummaries",
        api=API,
        open_date_from=text_of(window.until - LONGEST),
        open_date_to=text_of(window.until),
        limit=PAGE,
        offset=offset,
    )
    told = [_whole(call, each) for each in page.rows if _is_news(each, window.since)]
    records = read_each(told, read_dispute, key="paymentDisputeId")
    return Page(records, following(page, offset, total))


def _is_news(told: Document, since: datetime | None) -> bool:
    ended = told.get("closedDate")
    if since is None or not ended:
        return True
    return moment(ended, path="closedDate") > since - AGAIN


def _whole(call: Call, told: Document) -> Document:
    """Return a dispute with what may be answered, or how it ended, which lists leave out."""
    number = told.get("paymentDisputeId")
    if not number or told.get("paymentDisputeStatus") not in (ACTION_NEEDED, CLOSED):
        return told
    path = {"dispute": number}
    return {**told, **(ask(call.http, get_dispute(call.settings), api=API, path=path) or {})}


def read_dispute(told: Document) -> ExternalDispute:
    """Return a payment dispute.

    Raises: MappingError.
    """
    number, amount = told.get("paymentDisputeId"), told.get("amount") or {}
    if not number:
        raise MappingError("paymentDisputeId", number)
    status = told.get("paymentDisputeStatus")
    state = choice(status, STATES, path="paymentDisputeStatus")
    due = told.get("respondByDate")
    currency = str(amount.get("currency") or "")
    return ExternalDispute(
        external_id=str(number),
        kind=DisputeKind.PAYMENT,
        order_id=str(told.get("orderId") or ""),
        state=_outcome(told) if status == CLOSED else state,
        reason=str(told.get("reason") or ""),
        status=str(status),
        opened_at=moment(told["openDate"], path="openDate"),
        amount=amount_of(amount, currency, "amount") if currency else None,
        currency=currency,
        answer_by=moment(due, path="respondByDate") if due else None,
        steps=steps_of(told) if status == ACTION_NEEDED else (),
        evidence=tuple(kinds_of(told)) if status == ACTION_NEEDED else (),
    )


def steps_of(told: Document) -> tuple[DisputeStep, ...]:
    """Return what the seller may choose now; eBay's words for it are known from memory."""
    words = " ".join(str(each) for each in told.get("availableChoices") or ())
    found = []
    if "ACCEPT" in words or "REFUND" in words:
        found.append(DisputeStep.ACCEPT)
    if "CONTEST" in words:
        found.append(DisputeStep.CONTEST)
    return tuple(found)


def kinds_of(told: Document) -> Iterable[str]:
    """Return the kinds of evidence that may be handed in: what is asked for first."""
    asked = [str(each.get("evidenceType")) for each in told.get("evidenceRequests") or ()]
    return dict.fromkeys(each for each in (*asked, *EVIDENCE) if each != "PROOF_OF_DELIVERY")


def _outcome(told: Document) -> DisputeState:
    """Return how a dispute ended: who is asked for nothing has won."""
    if not (ended := told.get("resolution")):
        return DisputeState.CLOSED
    taken = ended.get("recoupAmount") or {}
    lost = taken and amount_of(taken, str(taken.get("currency")), "resolution.recoupAmount")
    return DisputeState.LOST if lost else DisputeState.WON
