"""The table of rates that a company says itself."""

from __future__ import annotations

from datetime import date
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from core.db import Owned
from core.db import table_args


class OwnRate(Owned):
    """What one unit of `base` is worth in `quote` from a day on, as the company says.

    `value` is a decimal as it was written: no digit of it is lost. Said again for the same day, the
    last word holds; entries keep the rate by which they were booked.
    """

    __tablename__ = "rates_own"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.UniqueConstraint("company_id", "base", "quote", "since"),
    )

    base: Mapped[str]
    quote: Mapped[str]
    since: Mapped[date]
    value: Mapped[str]
    origin: Mapped[str]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    row_version: Mapped[int] = mapped_column(default=1)
