"""Tables of the work in warehouses; what it moves stands in the tables of stock."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from core.db import Json
from core.db import Owned
from core.db import belongs_to
from core.db import table_args


class Transfer(Owned):
    """Goods sent from one warehouse to another; `state` is draft, in_transit, closed, cancelled."""

    __tablename__ = "warehousing_transfer"
    __table_args__ = table_args(
        belongs_to("stock_warehouse", "from_id"),
        belongs_to("stock_warehouse", "to_id"),
        sa.UniqueConstraint("company_id", "reference"),
        sa.Index("ix_warehousing_transfer_state", "company_id", "state", "id"),
    )

    reference: Mapped[str]
    from_id: Mapped[int]
    to_id: Mapped[int]
    state: Mapped[str]
    note: Mapped[str]
    created_at: Mapped[datetime]
    shipped_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    row_version: Mapped[int] = mapped_column(default=1)


class TransferLine(Owned):
    """How many of a SKU were asked for, left, arrived and were lost on the way."""

    __tablename__ = "warehousing_transfer_line"
    __table_args__ = table_args(
        belongs_to("warehousing_transfer", "transfer_id"),
        belongs_to("catalog_sku"),
        sa.UniqueConstraint("company_id", "transfer_id", "sku_id"),
        sa.CheckConstraint("0 < quantity AND 0 <= shipped AND shipped <= quantity", name="shipped"),
        sa.CheckConstraint(
            "0 <= received AND 0 <= lost AND received + lost <= shipped", name="received"
        ),
    )

    transfer_id: Mapped[int]
    sku_id: Mapped[int]
    quantity: Mapped[int]
    shipped: Mapped[int] = mapped_column(default=0)
    received: Mapped[int] = mapped_column(default=0)
    lost: Mapped[int] = mapped_column(default=0)


class Count(Owned):
    """A stock count of one warehouse and condition; `state` is sheet, frozen, posted, cancelled."""

    __tablename__ = "warehousing_count"
    __table_args__ = table_args(
        belongs_to("stock_warehouse"),
        sa.UniqueConstraint("company_id", "reference"),
        sa.Index("ix_warehousing_count_state", "company_id", "state", "id"),
    )

    reference: Mapped[str]
    warehouse_id: Mapped[int]
    condition: Mapped[str]
    state: Mapped[str]
    note: Mapped[str]
    created_at: Mapped[datetime]
    frozen_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    document_id: Mapped[int | None]
    row_version: Mapped[int] = mapped_column(default=1)


class CountLine(Owned):
    """A SKU to count: `expected` lay there at the freeze; `variance` is what the count posted."""

    __tablename__ = "warehousing_count_line"
    __table_args__ = table_args(
        belongs_to("warehousing_count", "count_id"),
        belongs_to("catalog_sku"),
        sa.UniqueConstraint("company_id", "count_id", "sku_id"),
        sa.CheckConstraint("counted >= 0", name="counted"),
    )

    count_id: Mapped[int]
    sku_id: Mapped[int]
    expected: Mapped[int | None]
    counted: Mapped[int | None]
    variance: Mapped[int | None]
    value: Mapped[int | None]


class WorkEvent(Owned):
    """A step of a piece of work: who did what, when and why; append-only."""

    __tablename__ = "warehousing_event"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.Index("ix_warehousing_event_subject", "company_id", "subject", "subject_id", "id"),
    )

    subject: Mapped[str]
    subject_id: Mapped[int]
    happened_at: Mapped[datetime]
    actor: Mapped[str]
    kind: Mapped[str]
    detail: Mapped[dict[str, object]] = mapped_column(Json)


class Stored(Owned):
    """What a platform says lies of a listing in its own warehouses, as it told last.

    `warehouse_id` is the warehouse that stands for them in our books, `differs_since` when ours
    first held another number of the SKU than all of its listings together, empty while they agree.
    """

    __tablename__ = "warehousing_stored"
    __table_args__ = table_args(
        belongs_to("stock_warehouse"),
        sa.UniqueConstraint("company_id", "platform", "account", "external_ref"),
    )

    platform: Mapped[str]
    account: Mapped[str]
    external_ref: Mapped[str]
    warehouse_id: Mapped[int]
    sellable: Mapped[int]
    damaged: Mapped[int]
    inbound: Mapped[int]
    seen_at: Mapped[datetime]
    differs_since: Mapped[datetime | None]
    row_version: Mapped[int] = mapped_column(default=1)
