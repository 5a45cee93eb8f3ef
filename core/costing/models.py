"""Tables of landed cost and of what suppliers are paid; minor units of the company if not said."""

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


class SupplierDocument(Owned):
    """Of which supplier a deposit, a receipt or a landed cost is, where that was said.

    `natural_key` is that of its open items, as `core.costing.suppliers` makes them.
    """

    __tablename__ = "costing_supplier_document"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.UniqueConstraint("company_id", "natural_key"),
    )

    natural_key: Mapped[str]
    supplier: Mapped[str]


class SupplierPayment(Owned):
    """Money that went to a supplier, as it was booked; append-only.

    `amount` is in `currency`, that of the document; `carried` is what the books carried it at,
    `difference` what paying it cost more, a gain below zero. `prepaid` of the amount came from a
    deposit.
    """

    __tablename__ = "costing_payment"
    __table_args__ = table_args(
        belongs_to("ledger_entry"),
        sa.UniqueConstraint("company_id", "kind", "reference"),
        sa.Index("ix_costing_payment_natural_key", "company_id", "natural_key"),
    )

    kind: Mapped[str]
    reference: Mapped[str]
    natural_key: Mapped[str]
    paid_on: Mapped[date]
    bank: Mapped[str]
    currency: Mapped[str]
    amount: Mapped[int] = mapped_column(info=seen_with("costs.view"))
    carried: Mapped[int] = mapped_column(info=seen_with("costs.view"))
    difference: Mapped[int] = mapped_column(info=seen_with("costs.view"))
    deposit: Mapped[str]
    prepaid: Mapped[int] = mapped_column(info=seen_with("costs.view"))
    entry_id: Mapped[int]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
