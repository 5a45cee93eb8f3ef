"""Tables of tax."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from core.db import Owned
from core.db import table_args


class Decision(Owned):
    """A regime's answer, kept once for all the lines that it holds for; rates in 0.01 %."""

    __tablename__ = "tax_decision"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.UniqueConstraint("company_id", "natural_key"),
    )

    natural_key: Mapped[str]
    regime: Mapped[str]
    collector: Mapped[str]
    jurisdiction: Mapped[str]
    scheme: Mapped[str]
    rate: Mapped[int]
    account: Mapped[str]
    reason: Mapped[str]
    evidence: Mapped[str]
