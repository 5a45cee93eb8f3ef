"""The tables of rates: what a company says itself, and what was fetched for all of them."""

from __future__ import annotations

from datetime import date
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from core.db import Base
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


class CustomsRate(Owned):
    """What one unit of `base` is worth in `quote` for customs in a month, as an authority says."""

    __tablename__ = "rates_customs"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.UniqueConstraint("company_id", "base", "quote", "month"),
    )

    base: Mapped[str]
    quote: Mapped[str]
    month: Mapped[date]
    value: Mapped[str]
    made_by: Mapped[str]
    made_at: Mapped[datetime]


class PublishedRate(Base):
    """What one unit of `base` is worth on a day, as a source published it; no company's own.

    It stands beside what the source's addon carries with it, and goes before that.
    """

    __tablename__ = "rates_published"
    __table_args__ = table_args(clustered=True)

    source: Mapped[str] = mapped_column(primary_key=True)
    quote: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    base: Mapped[str]
    value: Mapped[str]
    fetched_at: Mapped[datetime]


class Feed(Base):
    """How the fetching of a source's rates fares; `problem` is empty while it goes well."""

    __tablename__ = "rates_feed"
    __table_args__ = table_args()

    source: Mapped[str] = mapped_column(primary_key=True)
    addon: Mapped[str]
    tried_at: Mapped[datetime]
    fetched_at: Mapped[datetime | None]
    last_day: Mapped[date | None]
    problem: Mapped[str]
    failing_since: Mapped[datetime | None]
