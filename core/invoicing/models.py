"""Tables of invoices."""

from __future__ import annotations

from datetime import date
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from core.db import Base
from core.db import Json
from core.db import Owned
from core.db import belongs_to
from core.db import table_args
from core.identity.fields import seen_with
from core.kernel.resealing import resealed_by


class Issuer(Base):
    """Who a company is on its invoices: its full name and address."""

    __tablename__ = "invoicing_issuer"
    __table_args__ = table_args(sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]))

    company_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    address: Mapped[str]
    row_version: Mapped[int] = mapped_column(default=1)


class Series(Base):
    """A series of numbers and the last one that was given; the row is locked while one is given."""

    __tablename__ = "invoicing_series"
    __table_args__ = table_args(sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]))

    company_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    series: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int]


class Invoice(Owned):
    """An invoice or a credit note as it was issued; append-only.

    `document` is all that it says but for its buyer, who stands sealed in `InvoiceBuyer`;
    `buyer_digest` proves that he is the same still. `credits_id` is the invoice that a credit note
    takes back, `cancels` whether wholly. Amounts in minor units, negative on credit notes.
    """

    __tablename__ = "invoicing_invoice"
    __table_args__ = table_args(
        belongs_to("orders_order"),
        belongs_to("invoicing_invoice", "credits_id"),
        sa.UniqueConstraint("company_id", "series", "number"),
        sa.Index("ix_invoicing_invoice_order_id", "company_id", "order_id"),
        sa.Index("ix_invoicing_invoice_credits_id", "company_id", "credits_id"),
        sa.Index("ix_invoicing_invoice_issued_on", "company_id", "issued_on", "id"),
    )

    series: Mapped[str]
    number: Mapped[int]
    code: Mapped[str]
    kind: Mapped[str]
    order_id: Mapped[int]
    credits_id: Mapped[int | None]
    cancels: Mapped[int]
    issued_on: Mapped[date]
    supplied_on: Mapped[date]
    language: Mapped[str]
    currency: Mapped[str]
    net_amount: Mapped[int] = mapped_column(info=seen_with("money.view"))
    tax_amount: Mapped[int] = mapped_column(info=seen_with("money.view"))
    document: Mapped[dict[str, object]] = mapped_column(Json)
    buyer_digest: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[str]


class InvoiceBuyer(Owned):
    """To whom an invoice was issued, sealed with the key `key_id`; its id is the invoice's."""

    __tablename__ = "invoicing_buyer"
    __table_args__ = table_args(belongs_to("invoicing_invoice", "id"))

    sealed: Mapped[str]
    key_id: Mapped[str]


resealed_by("core.invoicing.buyers")
