"""Tables of trading partners."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from core.db import Owned
from core.db import table_args


class Customer(Owned):
    """A buyer as one platform account names him; no personal data."""

    __tablename__ = "partners_customer"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.UniqueConstraint("company_id", "platform", "account", "external_ref"),
    )

    platform: Mapped[str]
    account: Mapped[str]
    external_ref: Mapped[str]
    created_at: Mapped[datetime]
