"""What buyers write, and answers to them.

The list of conversations cannot be asked for by time: it is walked whole, and only those are opened
in which something was said since the last run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import datetime
from datetime import timedelta
from typing import Any

from addons.tiktok_shop.amounts import Document
from addons.tiktok_shop.amounts import moment_of
from addons.tiktok_shop.asking import ask
from addons.tiktok_shop.asking import rows_of
from addons.tiktok_shop.buyers import buyer_ref
from addons.tiktok_shop.errors import reasons
from addons.tiktok_shop.operations import LIST_MESSAGES
from addons.tiktok_shop.operations import LIST_TALKS
from addons.tiktok_shop.operations import SEND_MESSAGE
from core.api import Call
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
from core.api import choice

PAGE = 20
ANSWER_WITHIN = timedelta(hours=24)
"""By this TikTok Shop measures how well a shop answers; no answer of the API tells it."""
DESC = "DESC"
KIND = MessageKind("text", "", 2000)
WRITERS: Mapping[str, Direction] = {
    "BUYER": Direction.IN,
    "SHOP": Direction.OUT,
    "CUSTOMER_SERVICE": Direction.OUT,
    "SYSTEM": Direction.NOTE,
    "ROBOT": Direction.NOTE,
}
# The platform's own words about what happens, whoever is named as their writer.
EVENTS = frozenset(
    {"ALLOCATED_SERVICE", "NOTIFICATION", "BUYER_ENTER_FROM_TRANSFER", "BUYER_ENTER_FROM_PRODUCT",
     "BUYER_ENTER_FROM_ORDER"}
)  # fmt: skip


def pull(call: Call, window: Window, cursor: str | None) -> Page[ExternalMessage]:
    """Return what was said in one page of conversations since the window began."""
    if not call.settings["messages"]:
        return Page([])
    since = window.since or window.until - timedelta(days=call.settings["backfill_days"])
    data = ask(call.http, LIST_TALKS, query={"page_size": PAGE, "page_token": cursor})
    found: list[ExternalMessage | Rejected] = []
    for talk in rows_of(data, "conversations"):
        last = talk.get("latest_message") or {}
        if last and _at(last.get("create_time")) >= since:
            found += _said(call.http, talk, since)
    return Page(found, data.get("next_page_token") or None)


def kinds(http: Http, thread: str) -> Sequence[MessageKind]:
    """Return what may be sent in a conversation, as the list of conversations says it."""
    token = ""
    while True:
        data = ask(http, LIST_TALKS, query={"page_size": PAGE, "page_token": token or None})
        for talk in rows_of(data, "conversations"):
            if str(talk["id"]) == thread:
                return _allowed(talk)
        token = data.get("next_page_token") or ""
        if not token:
            return ()


def send(http: Http, draft: MessageDraft) -> SentMessage:
    """Send a text into a conversation.

    Raises: RequestRefused with TikTok's reason, as where the buyer cannot be written to any more.
    """
    text = json.dumps({"content": draft.text}, ensure_ascii=False)
    body = {"type": "TEXT", "content": text, "sender_role": "CUSTOMER_SERVICE"}
    try:
        data = ask(http, SEND_MESSAGE, path={"talk": draft.thread}, json=body)
    except RequestRefused as error:
        raise RequestRefused(reasons(error), status=error.status) from error
    return SentMessage(str(data.get("message_id") or ""))


def find(http: Http, draft: MessageDraft) -> SentMessage | None:
    """Look among what was said last for the very text; None when it is not there."""
    begun = draft.begun_at.replace(microsecond=0) if draft.begun_at else None
    for told in _page(http, draft.thread, DESC, "")[0]:
        mine = WRITERS.get(_role(told)) is Direction.OUT and text_of(told) == draft.text
        if mine and (begun is None or _at(told["create_time"]) >= begun):
            return SentMessage(str(told["id"]), _at(told["create_time"]))
    return None


def read_message(told: Document, talk: Document) -> ExternalMessage:
    """Return a message of a conversation.

    Raises: MappingError.
    """
    sent_at = _at(told["create_time"])
    event = told.get("type") in EVENTS
    by = Direction.NOTE if event else choice(_role(told), WRITERS, path="sender.role")
    return ExternalMessage(
        external_id=str(told["id"]),
        thread=str(talk["id"]),
        sent_at=sent_at,
        text=text_of(told),
        order_id=str(_content(told).get("order_id") or "") or None,
        direction=by,
        kind=str(told.get("type") or "").lower() or "text",
        buyer_ref=_buyer(talk),
        answer_by=sent_at + ANSWER_WITHIN if by is Direction.IN else None,
        allows=_allowed(talk),
    )


def text_of(told: Document) -> str:
    """Return the words of a message, or what TikTok says in place of a picture or a card."""
    content = _content(told)
    return str(content.get("content") or told.get("plaintext") or content.get("url") or "")


def _said(http: Http, talk: Document, since: datetime) -> Iterator[ExternalMessage | Rejected]:
    """Yield what was said in a conversation since a moment, the newest first."""
    token, seen = "", set[str]()
    while True:
        rows, token = _page(http, str(talk["id"]), DESC, token)
        for told in rows:
            if told.get("is_visible") is False or str(told.get("id")) in seen:
                continue
            seen.add(str(told.get("id")))
            try:
                message = read_message(told, talk)
            except (MappingError, LookupError, TypeError, ValueError) as error:
                # Its type alone: the words are a person's.
                yield Rejected(str(told.get("id", "")), f"unreadable: {type(error).__name__}")
                continue
            if message.sent_at < since:
                return
            yield message
        if not token:
            return


def _page(http: Http, talk: str, order: str, token: str) -> tuple[list[Any], str]:
    query = {
        "page_size": PAGE, "page_token": token or None, "sort_order": order,
        "sort_field": "create_time", "need_plaintext": "true",
    }  # fmt: skip
    data = ask(http, LIST_MESSAGES, path={"talk": talk}, query=query)
    return rows_of(data, "messages"), data.get("next_page_token") or ""


def _allowed(talk: Document) -> tuple[MessageKind, ...]:
    return (KIND,) if talk.get("can_send_message") else ()


def _buyer(talk: Document) -> str | None:
    for each in talk.get("participants") or ():
        if each.get("role") == "BUYER":
            return buyer_ref(each)
    return None


def _role(told: Document) -> str:
    return str((told.get("sender") or {}).get("role") or "")


def _content(told: Document) -> Document:
    """Return what is in a message: JSON within a text."""
    try:
        found = json.loads(told.get("content") or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _at(told: object) -> datetime:
    return moment_of(told, "messages.create_time")
