"""The table of the outbox."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from core.db import Json
from core.db import Owned
from core.db import table_args
from core.kernel.models import of_connection


class Effect(Owned):
    """Something that a platform must be told; the newest version for a target wins."""

    __tablename__ = "outbox_effect"
    __table_args__ = table_args(
        of_connection(),
        sa.UniqueConstraint("connection_id", "operation", "target", "version"),
        sa.UniqueConstraint("idempotency_key"),
        sa.Index(None, "connection_id", "state", "due_at"),
    )

    connection_id: Mapped[int]
    operation: Mapped[str]
    target: Mapped[str]
    version: Mapped[int]
    idempotency_key: Mapped[str]
    payload: Mapped[Any] = mapped_column(Json)
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    vendor_ref: Mapped[str] = mapped_column(default="")
    last_error: Mapped[str] = mapped_column(default="")
