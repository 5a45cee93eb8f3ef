"""Tables of conversations with buyers, their messages, and texts to answer with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from core.db import Json
from core.db import Owned
from core.db import belongs_to
from core.db import table_args
from core.kernel.resealing import resealed_by
from core.outbox.declaring import sent_by

OPERATION = "messages.send"


class Conversation(Owned):
    """A conversation of one seller account; nothing in it tells of a person.

    `external_ref` is the platform's name for it; one about an order that the platform has no
    conversation for is named by that. `waiting` says that the buyer has the last word. `allows` is
    what may be sent, as the platform told it at `allows_at`.
    """

    __tablename__ = "messages_conversation"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        belongs_to("orders_order", "order_id"),
        sa.UniqueConstraint(
            "company_id", "platform", "account", "external_ref", name="uq_messages_conversation_ref"
        ),
        sa.Index("ix_messages_conversation_waiting", "company_id", "waiting", "last_at", "id"),
        sa.Index("ix_messages_conversation_order", "company_id", "order_id"),
        sa.Index("ix_messages_conversation_buyer", "company_id", "platform", "buyer_ref"),
    )

    platform: Mapped[str]
    account: Mapped[str]
    external_ref: Mapped[str]
    buyer_ref: Mapped[str | None]
    order_ref: Mapped[str | None]
    order_id: Mapped[int | None]
    listing: Mapped[str] = mapped_column(default="")
    waiting: Mapped[int] = mapped_column(default=0)
    unread: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime]
    last_in_at: Mapped[datetime | None]
    last_out_at: Mapped[datetime | None]
    answer_by: Mapped[datetime | None]
    allows: Mapped[Any] = mapped_column(Json)
    allows_at: Mapped[datetime | None]
    row_version: Mapped[int] = mapped_column(default=1)


class BuyerMessage(Owned):
    """A message; its text is sealed with the key `key_id`, and gone once it was forgotten.

    One of ours that has not been sent has no `external_ref`; the outbox of `connection_id` says
    what becomes of it. `author` is who of us wrote it.
    """

    __tablename__ = "messages_message"
    __table_args__ = table_args(
        belongs_to("messages_conversation", "conversation_id"),
        sa.UniqueConstraint(
            "company_id", "conversation_id", "external_ref", name="uq_messages_message_ref"
        ),
        sa.Index("ix_messages_message_told", "company_id", "conversation_id", "sent_at", "id"),
        sa.Index(
            "ix_messages_message_kept",
            "company_id",
            "sent_at",
            sqlite_where=sa.text("sealed IS NOT NULL"),
            postgresql_where=sa.text("sealed IS NOT NULL"),
        ),
    )

    conversation_id: Mapped[int]
    external_ref: Mapped[str | None]
    direction: Mapped[str]
    kind: Mapped[str]
    sent_at: Mapped[datetime]
    sealed: Mapped[str | None]
    key_id: Mapped[str | None]
    author: Mapped[str] = mapped_column(default="")
    connection_id: Mapped[int | None]
    forgotten_at: Mapped[datetime | None]


resealed_by("core.messages.texts")
sent_by("core.messages.sending")


class AnswerTemplate(Owned):
    """A short text to answer with, in one language; `{order}` and `{tracking}` are filled in."""

    __tablename__ = "messages_template"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.UniqueConstraint("company_id", "name", "language"),
    )

    name: Mapped[str]
    language: Mapped[str]
    text: Mapped[str]
    row_version: Mapped[int] = mapped_column(default=1)
