"""The table of what somebody said about a step of the set-up."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from core.db import Owned
from core.db import table_args


class Mark(Owned):
    """That a step is done, or put off; what can be seen from the books needs no mark."""

    __tablename__ = "onboarding_mark"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.UniqueConstraint("company_id", "step"),
    )

    step: Mapped[str]
    state: Mapped[str]
    marked_at: Mapped[datetime]
    marked_by: Mapped[str]
