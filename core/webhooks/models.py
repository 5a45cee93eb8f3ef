"""Tables of webhooks."""

from __future__ import annotations

from datetime import date
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from core.db import Base
from core.db import Json
from core.db import Owned
from core.db import table_args
from core.kernel.models import of_connection


class Message(Owned):
    """A verified webhook as it came; the body is encrypted, since it may hold personal data."""

    __tablename__ = "webhooks_message"
    __table_args__ = table_args(
        of_connection(),
        sa.UniqueConstraint("connection_id", "event_key"),
        sa.Index(None, "connection_id", "state", "id"),
        sa.Index(None, "purge_on"),
    )

    connection_id: Mapped[int]
    event_key: Mapped[str]
    topic: Mapped[str]
    about: Mapped[str]
    headers: Mapped[dict[str, str]] = mapped_column(Json)
    body: Mapped[str]
    key_id: Mapped[str]
    state: Mapped[str]
    received_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]
    repeats: Mapped[int] = mapped_column(default=0)
    purge_on: Mapped[date]


class Refusal(Base):
    """How many webhooks of a day were refused; of a refused one nothing else is kept."""

    __tablename__ = "webhooks_refusal"
    __table_args__ = table_args(clustered=True)

    addon: Mapped[str] = mapped_column(primary_key=True)
    connection_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(primary_key=True)
    count: Mapped[int]
