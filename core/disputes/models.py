"""The table of disputes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from core.db import Json
from core.db import Owned
from core.db import table_args

OPEN = sa.text("state IN ('open', 'unreadable')")


class Dispute(Owned):
    """A dispute about an order's money as the platform told it last; nothing of a person.

    It names its order in the platform's words, so that one of an unknown order is found when the
    order comes. `noted` is the state that the order's timeline tells. `answer` is what was answered
    from here last; `trying_at` says that an answer is on its way.
    """

    __tablename__ = "disputes_dispute"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.UniqueConstraint("company_id", "platform", "account", "external_ref"),
        sa.Index("ix_disputes_dispute_order", "company_id", "platform", "account", "order_ref"),
        sa.Index("ix_disputes_dispute_recent", "company_id", "opened_at", "id"),
        sa.Index(
            "ix_disputes_dispute_open",
            "company_id",
            "opened_at",
            "id",
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        ),
    )

    platform: Mapped[str]
    account: Mapped[str]
    external_ref: Mapped[str]
    kind: Mapped[str]
    order_ref: Mapped[str]
    state: Mapped[str]
    status: Mapped[str]
    reason: Mapped[str]
    amount: Mapped[int | None]
    currency: Mapped[str]
    opened_at: Mapped[datetime]
    answer_by: Mapped[datetime | None]
    steps: Mapped[Any] = mapped_column(Json)
    evidence: Mapped[Any] = mapped_column(Json)
    first_seen_at: Mapped[datetime]
    noted: Mapped[str] = mapped_column(default="")
    answer: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str] = mapped_column(default="")
    trying_at: Mapped[datetime | None]
    row_version: Mapped[int] = mapped_column(default=1)
