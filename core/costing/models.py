"""Tables of landed cost; amounts are minor units of the company."""

from __future__ import annotations

from datetime import date
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from core.db import Owned
from core.db import belongs_to
from core.db import table_args
from core.identity.fields import seen_with


class Charge(Owned):
    """A cost of getting goods here, such as freight or duty; estimated first, then actual.

    `state` is `estimated` until the invoice is there, then `actual`. `rule` says how it was split.
    """

    __tablename__ = "costing_charge"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.UniqueConstraint("company_id", "reference"),
    )

    reference: Mapped[str]
    component: Mapped[str]
    rule: Mapped[str]
    state: Mapped[str]
    estimated: Mapped[int] = mapped_column(info=seen_with("costs.view"))
    actual: Mapped[int | None] = mapped_column(info=seen_with("costs.view"))
    invoice: Mapped[str]
    note: Mapped[str]
    booked_on: Mapped[date]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    row_version: Mapped[int] = mapped_column(default=1)


class Share(Owned):
    """What of a charge falls to the goods of one SKU in one receipt; `weight` is what split it."""

    __tablename__ = "costing_share"
    __table_args__ = table_args(
        belongs_to("costing_charge", "charge_id"),
        belongs_to("stock_document", "document_id"),
        belongs_to("catalog_sku"),
        sa.UniqueConstraint("company_id", "charge_id", "document_id", "sku_id"),
        sa.Index("ix_costing_share_document", "company_id", "document_id"),
        clustered=True,
    )

    charge_id: Mapped[int]
    document_id: Mapped[int]
    sku_id: Mapped[int]
    weight: Mapped[str]
    estimated: Mapped[int] = mapped_column(info=seen_with("costs.view"))
    actual: Mapped[int | None] = mapped_column(info=seen_with("costs.view"))
