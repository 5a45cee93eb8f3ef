"""Conversations as lists and pages show them; texts only for those who may read them."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import any_of
from core.messages.models import OPERATION
from core.messages.models import BuyerMessage
from core.messages.models import Conversation
from core.messages.texts import opened
from core.messages.texts import sealer_of
from core.orders.models import Order
from core.outbox.models import Effect
from core.outbox.putting import FAILED
from core.outbox.putting import UNKNOWN
from core.paging import Cursor
from core.paging import Page
from core.paging import fetch_page

WAITING, ANSWERED, ALL = "waiting", "answered", "all"
TABS = (WAITING, ANSWERED, ALL)
NEAR = timedelta(hours=6)
"""So long before the platform wants an answer, a conversation needs a person."""
MOST = 500
"""So many messages of a conversation are shown, the newest."""


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message; `text` is None where it was forgotten or may not be read.

    `state` is what became of one of ours, "" of all others, `error` why it was not sent.
    """

    id: int
    direction: str
    kind: str
    sent_at: datetime
    text: str | None
    author: str
    forgotten_at: datetime | None
    state: str = ""
    error: str = ""

    @property
    def may_be_repeated(self) -> bool:
        """Say whether it failed, or nobody knows whether it was sent."""
        return self.state in (FAILED, UNKNOWN)


def list_talks(
    session: Session,
    company_id: int,
    tab: str,
    *,
    account: tuple[str, str] | None = None,
    cursor: Cursor | None = None,
    limit: int = 50,
) -> Page[Any]:
    """Return a page of conversations, those that wait for us first, the latest before others."""
    key = (Conversation.waiting, Conversation.last_at, Conversation.id)
    query = sa.select(*key, *_SHOWN).where(Conversation.company_id == company_id)
    if tab in (WAITING, ANSWERED):
        query = query.where(Conversation.waiting == int(tab == WAITING))
    if account is not None:
        query = query.where(Conversation.platform == account[0], Conversation.account == account[1])
    query = query.outerjoin(
        Order, (Order.company_id == Conversation.company_id) & (Order.id == Conversation.order_id)
    )
    return fetch_page(session, query, key, cursor, descending=True, limit=limit)


def accounts_of(session: Session, company_id: int) -> list[tuple[str, str]]:
    """Return the accounts that have conversations."""
    query = (
        sa.select(Conversation.platform, Conversation.account)
        .where(Conversation.company_id == company_id)
        .distinct()
        .order_by(Conversation.platform, Conversation.account)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def messages_of(
    session: Session, company_id: int, talk_id: int, *, texts: bool
) -> list[ShownMessage]:
    """Return the messages of a conversation, the oldest first; `texts` with what they say."""
    query = (
        sa.select(BuyerMessage)
        .where(BuyerMessage.company_id == company_id, BuyerMessage.conversation_id == talk_id)
        .order_by(BuyerMessage.sent_at.desc(), BuyerMessage.id.desc())
        .limit(MOST)
    )
    rows = list(session.scalars(query))[::-1]
    became = _outcomes(session, company_id, rows)
    sealer = sealer_of(session) if texts else None
    return [
        ShownMessage(
            row.id,
            row.direction,
            row.kind,
            row.sent_at,
            opened(sealer, row) if sealer is not None else None,
            row.author,
            row.forgotten_at,
            *became.get(row.id, ("", "")),
        )
        for row in rows
    ]


def talks_of_order(session: Session, company_id: int, order_id: int) -> Sequence[Conversation]:
    """Return the conversations about an order, the latest first."""
    query = (
        sa.select(Conversation)
        .where(Conversation.company_id == company_id, Conversation.order_id == order_id)
        .order_by(Conversation.last_at.desc(), Conversation.id.desc())
    )
    return session.scalars(query).all()


def written_about(
    session: Session, company_id: int, order_ids: Collection[int]
) -> dict[int, list[str]]:
    """Return the texts of the conversations about some orders, the oldest first: what is kept."""
    query = (
        sa.select(BuyerMessage, Conversation.order_id)
        .join(
            Conversation,
            (Conversation.company_id == BuyerMessage.company_id)
            & (Conversation.id == BuyerMessage.conversation_id),
        )
        .where(
            BuyerMessage.company_id == company_id,
            any_of(session, Conversation.order_id, sorted(order_ids)),
        )
        .order_by(BuyerMessage.sent_at, BuyerMessage.id)
    )
    found: dict[int, list[str]] = {}
    rows = session.execute(query).all()
    sealer = sealer_of(session) if rows else None
    for message, order_id in rows:
        text = opened(sealer, message) if sealer is not None else None
        if text is not None and order_id is not None:
            found.setdefault(order_id, []).append(text)
    return found


def due_query(company_id: int) -> sa.Select[int]:
    """Return the query for conversations whose answer the platform wants soon."""
    return sa.select(Conversation.id).where(
        Conversation.company_id == company_id,
        Conversation.waiting == 1,
        Conversation.answer_by < clock.now() + NEAR,
    )


def _outcomes(
    session: Session, company_id: int, rows: Sequence[BuyerMessage]
) -> dict[int, tuple[str, str]]:
    ours = [str(row.id) for row in rows if row.connection_id is not None]
    if not ours:
        return {}
    query = sa.select(Effect.target, Effect.state, Effect.last_error).where(
        Effect.company_id == company_id,
        Effect.operation == OPERATION,
        any_of(session, Effect.target, ours),
    )
    return {int(row[0]): (row[1], row[2]) for row in session.execute(query)}


_SHOWN = (
    Conversation.platform,
    Conversation.account,
    Conversation.external_ref,
    Conversation.order_id,
    Conversation.order_ref,
    Order.external_ref.label("order"),
    Conversation.listing,
    Conversation.unread,
    Conversation.answer_by,
)
