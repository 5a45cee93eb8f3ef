"""What the API answers about messages of buyers."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict


class TalkHead(TypedDict):
    """A conversation as lists show it: no text, and nothing of the buyer."""

    id: int
    platform: str
    account: str
    reference: str
    order_id: int | None
    order: str | None
    listing: str
    waiting: bool
    unread: int
    last_at: datetime
    answer_by: datetime | None


class KindDocument(TypedDict):
    """What may be sent; `most` characters of text, 0 where the words are the platform's own."""

    code: str
    title: str
    most: int


class MessageDocument(TypedDict):
    """A message; `text` is null where it was forgotten or may not be read."""

    id: int
    direction: str
    kind: str
    sent_at: datetime
    text: str | None
    author: str
    state: str
    error: str


class TalkDocument(TypedDict):
    """A conversation with what was said in it, the oldest first."""

    talk: TalkHead
    allows: list[KindDocument]
    messages: list[MessageDocument]


class WrittenDocument(TypedDict):
    """The number of a message that is on its way."""

    message: int
