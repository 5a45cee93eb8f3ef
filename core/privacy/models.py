"""Tables of personal data."""

from __future__ import annotations

from datetime import date
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from core.db import Json
from core.db import Owned
from core.db import belongs_to
from core.db import table_args
from core.kernel.resealing import resealed_by


def _found_by(column: str) -> sa.Index:
    given = sa.text(f"{column} IS NOT NULL")
    return sa.Index(
        f"ix_privacy_record_{column}",
        "company_id",
        column,
        sqlite_where=given,
        postgresql_where=given,
    )


class PersonalRecord(Owned):
    """Who an order goes to; its id is the order's.

    `received` is what came in, `edited` the address as somebody corrected it; both are sealed with
    the key `key_id`. The indexes are blind. `flags` and `problems` of the address tell of no
    person. Nothing is derived from a record, so that forgetting it changes no figure.
    """

    __tablename__ = "privacy_record"
    __table_args__ = table_args(
        belongs_to("orders_order", "id"),
        *map(_found_by, ("email_index", "phone_index", "address_index")),
        sa.Index(
            "ix_privacy_record_kept",
            "company_id",
            "id",
            sqlite_where=sa.text("forgotten_at IS NULL"),
            postgresql_where=sa.text("forgotten_at IS NULL"),
        ),
    )

    received: Mapped[str | None]
    edited: Mapped[str | None]
    key_id: Mapped[str | None]
    email_index: Mapped[str | None]
    phone_index: Mapped[str | None]
    address_index: Mapped[str | None]
    flags: Mapped[list[str]] = mapped_column(Json)
    problems: Mapped[list[list[str]]] = mapped_column(Json)
    received_at: Mapped[datetime]
    forget_on: Mapped[date | None]
    forgotten_at: Mapped[datetime | None]
    forgotten_why: Mapped[str | None]
    row_version: Mapped[int] = mapped_column(default=1)


resealed_by("core.privacy.records")


class Retention(Owned):
    """How many days after its delivery an order of a platform keeps its personal data."""

    __tablename__ = "privacy_retention"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.UniqueConstraint("company_id", "platform"),
        sa.CheckConstraint("days >= 0", name="days"),
    )

    platform: Mapped[str]
    days: Mapped[int]
    row_version: Mapped[int] = mapped_column(default=1)
