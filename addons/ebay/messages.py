"""What buyers write, and answers to them: conversations with members, not eBay's own letters.

Conversations know no order: the buyer's user name finds it, of which a mark alone is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from datetime import timedelta

from addons.ebay.amounts import Document
from addons.ebay.asking import ask
from addons.ebay.asking import following
from addons.ebay.asking import list_page
from addons.ebay.asking import place_in
from addons.ebay.asking import text_of
from addons.ebay.buyers import pseudonym
from addons.ebay.errors import reasons
from addons.ebay.operations import GET_TALK
from addons.ebay.operations import GET_TALKS
from addons.ebay.operations import SEND_MESSAGE
from core.api import Call
from core.api import ConnectorError
from core.api import Direction
from core.api import ExternalMessage
from core.api import Http
from core.api import MappingError
from core.api import MessageDraft
from core.api import MessageKind
from core.api import Page
from core.api import Rejected
from core.api import RequestRefused
from core.api import SentMessage
from core.api import Window
from core.api import moment

API = "message"
PAGE = 50
MEMBERS = "FROM_MEMBERS"
KIND = MessageKind("text", "", 2000)


def pull(call: Call, window: Window, cursor: str | None) -> Page[ExternalMessage]:
    """Return what was said in one page of the conversations that went on in the window."""
    if not call.settings["messages"]:
        return Page([])
    since = window.since or window.until - timedelta(days=call.settings["backfill_days"])
    offset, total = place_in(cursor)
    page = list_page(
        call.http, GET_TALKS, "conversations", api=API, conversation_type=MEMBERS,
        start_time=text_of(since), end_time=text_of(window.until), limit=PAGE, offset=offset,
    )  # fmt: skip
    found: list[ExternalMessage | Rejected] = []
    for talk in page.rows:
        for told in _said(call.http, str(talk["conversationId"])):
            try:
                message = read_message(told, talk, str(call.settings["seller"]))
            except (MappingError, LookupError, TypeError, ValueError) as error:
                # Its type alone: the words are a person's.
                reason = f"unreadable: {type(error).__name__}"
                found.append(Rejected(str(told.get("messageId", "")), reason))
                continue
            if message.sent_at >= since:
                found.append(message)
    return Page(found, following(page, offset, total))


def send(http: Http, draft: MessageDraft) -> SentMessage:
    """Send a text into a conversation.

    Raises: RequestRefused with eBay's reason; ConnectorError where there is no conversation.
    """
    if not draft.thread:
        raise ConnectorError("eBay takes answers to what buyers wrote, and no first word.")
    body = {"conversationId": draft.thread, "messageText": draft.text}
    try:
        told = ask(http, SEND_MESSAGE, api=API, json=body)
    except RequestRefused as error:
        raise RequestRefused(reasons(error), status=error.status) from error
    return _sent(told or {})


def find(http: Http, draft: MessageDraft, seller: str) -> SentMessage | None:
    """Look in the conversation for the very text; None when it is not there."""
    for told in _said(http, draft.thread):
        mine = _same(told.get("senderUsername"), seller) and told.get("messageBody") == draft.text
        begun = draft.begun_at.replace(microsecond=0) if draft.begun_at else None
        if mine and (begun is None or _at(told) >= begun):
            return _sent(told)
    return None


def read_message(told: Document, talk: Document, seller: str) -> ExternalMessage:
    """Return a message of a conversation.

    Raises: MappingError.
    """
    ours = _same(told["senderUsername"], seller)
    other = told["recipientUsername"] if ours else told["senderUsername"]
    media = [str(each.get("mediaUrl") or "") for each in told.get("messageMedia") or ()]
    about = talk.get("referenceId") if talk.get("referenceType") == "LISTING" else ""
    return ExternalMessage(
        external_id=str(told["messageId"]),
        thread=str(talk["conversationId"]),
        sent_at=_at(told),
        text="\n".join(filter(None, [str(told.get("messageBody") or ""), *media])),
        direction=Direction.OUT if ours else Direction.IN,
        buyer_ref=pseudonym(str(other)) if other else None,
        listing=str(about or ""),
        allows=(KIND,),
    )


def _said(http: Http, talk: str) -> Iterator[Document]:
    """Yield all that was said in a conversation."""
    offset = 0
    while True:
        query = {"conversation_type": MEMBERS, "limit": PAGE, "offset": offset}
        told = ask(http, GET_TALK, api=API, path={"talk": talk}, query=query)
        rows = told.get("messages")
        if not isinstance(rows, list):
            raise MappingError("messages", type(rows).__name__)
        yield from rows
        offset += len(rows)
        if not rows or not told.get("next"):
            return


def _sent(told: Document) -> SentMessage:
    return SentMessage(str(told.get("messageId") or ""), _at(told) if told else None)


def _same(one: object, other: str) -> bool:
    return str(one).strip().casefold() == other.strip().casefold()


def _at(told: Document) -> datetime:
    return moment(told.get("createdDate"), path="messages.createdDate")
