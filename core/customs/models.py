"""The table of customs declarations."""

from __future__ import annotations

from datetime import date
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from core.db import Owned
from core.db import table_args
from core.identity.fields import seen_with


class Declaration(Owned):
    """Goods that were declared to customs; amounts in `currency`, minor units; append-only.

    `value` is the customs value, 0 where it was not told, `rate` the customs rate by which it was
    converted. `way` says what becomes of the import VAT: paid, postponed, or a cost of the goods.
    """

    __tablename__ = "customs_declaration"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.UniqueConstraint("company_id", "reference"),
    )

    reference: Mapped[str]
    country: Mapped[str]
    declared_on: Mapped[date]
    currency: Mapped[str]
    value: Mapped[int] = mapped_column(info=seen_with("costs.view"))
    duty: Mapped[int] = mapped_column(info=seen_with("costs.view"))
    vat: Mapped[int] = mapped_column(info=seen_with("costs.view"))
    way: Mapped[str]
    rate: Mapped[str]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
