"""Tables of banks and wallets."""

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


class BankProfile(Owned):
    """A bank account or wallet, and how its statements as CSV are to be read."""

    __tablename__ = "banking_profile"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.UniqueConstraint("company_id", "name"),
    )

    name: Mapped[str]
    account: Mapped[str]
    currency: Mapped[str]
    layout: Mapped[dict[str, str]] = mapped_column(Json)
    created_at: Mapped[datetime]
    row_version: Mapped[int] = mapped_column(default=1)


class BankLine(Owned):
    """A line of a bank statement; `item_key` is the payout that it turned out to be."""

    __tablename__ = "banking_line"
    __table_args__ = table_args(
        belongs_to("banking_profile", "profile_id"),
        belongs_to("channels_import"),
        sa.UniqueConstraint("company_id", "profile_id", "fingerprint", "occurrence"),
        sa.Index(
            "ix_banking_line_open",
            "company_id",
            "profile_id",
            sqlite_where=sa.text("item_key IS NULL"),
            postgresql_where=sa.text("item_key IS NULL"),
        ),
    )

    profile_id: Mapped[int]
    import_id: Mapped[int]
    line_number: Mapped[int]
    fingerprint: Mapped[int]
    occurrence: Mapped[int]
    booked_on: Mapped[date]
    amount: Mapped[int]
    text: Mapped[str]
    payload: Mapped[str]
    item_key: Mapped[str | None]
    entry_id: Mapped[int | None]
