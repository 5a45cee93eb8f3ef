"""The table of who takes care of what, and until when it is put off."""

from __future__ import annotations

from datetime import date
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from core.db import Base
from core.db import table_args


class AttentionMark(Base):
    """What was said about a kind of things that need a person; `number` is how many there were."""

    __tablename__ = "attention_mark"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["identity_user.id"]),
        clustered=True,
    )

    company_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int | None]
    until_on: Mapped[date | None]
    number: Mapped[int]
    marked_at: Mapped[datetime]
    marked_by: Mapped[str]
