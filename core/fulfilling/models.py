"""Tables of what other people's warehouses send for us."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from core.db import Json
from core.db import Owned
from core.db import belongs_to
from core.db import table_args
from core.kernel.models import of_connection


class Fulfilment(Owned):
    """Goods of an order that a warehouse of somebody else is asked to send.

    `key` is what the warehouse knows it by, the same at every attempt. `state` is waiting, sending
    (its outcome may be unknown), accepted, done, cancelled or refused; `wants` is empty, or cancel
    or recall once it is to be stopped, which the warehouse was told at `stop_told_at`. `status` is
    the warehouse's own word, `reason` why it does not do what it was asked.
    """

    __tablename__ = "fulfilling_fulfilment"
    __table_args__ = table_args(
        belongs_to("orders_order"),
        belongs_to("stock_warehouse"),
        of_connection(),
        sa.UniqueConstraint("company_id", "connection_id", "key"),
        sa.Index("ix_fulfilling_fulfilment_order_id", "company_id", "order_id"),
        sa.Index("ix_fulfilling_fulfilment_state", "connection_id", "state", "id"),
    )

    order_id: Mapped[int]
    warehouse_id: Mapped[int]
    connection_id: Mapped[int]
    key: Mapped[str]
    state: Mapped[str]
    wants: Mapped[str]
    status: Mapped[str]
    reason: Mapped[str]
    attempts: Mapped[int]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    stop_told_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    row_version: Mapped[int] = mapped_column(default=1)


class FulfilmentItem(Owned):
    """So many of a SKU for a line of the order; a bundle's line has one for each component.

    `code` is what the warehouse calls the SKU, `each` how many a unit of the line is made of.
    """

    __tablename__ = "fulfilling_item"
    __table_args__ = table_args(
        belongs_to("fulfilling_fulfilment"),
        belongs_to("orders_line", "line_id"),
        belongs_to("catalog_sku"),
        sa.UniqueConstraint("company_id", "fulfilment_id", "line_id", "sku_id"),
        sa.CheckConstraint("0 < each AND 0 < quantity", name="quantity"),
        sa.CheckConstraint("0 <= shipped", name="shipped"),
    )

    fulfilment_id: Mapped[int]
    line_id: Mapped[int]
    sku_id: Mapped[int]
    code: Mapped[str]
    each: Mapped[int]
    quantity: Mapped[int]
    shipped: Mapped[int] = mapped_column(default=0)


class Parcel(Owned):
    """A parcel that a warehouse sent; `items` are the pieces of each item in it, by its id."""

    __tablename__ = "fulfilling_parcel"
    __table_args__ = table_args(
        belongs_to("fulfilling_fulfilment"),
        sa.UniqueConstraint("company_id", "fulfilment_id", "external_ref"),
    )

    fulfilment_id: Mapped[int]
    external_ref: Mapped[str]
    carrier: Mapped[str]
    tracking: Mapped[str]
    shipped_at: Mapped[datetime]
    items: Mapped[dict[str, int]] = mapped_column(Json)
    created_at: Mapped[datetime]


class Notice(Owned):
    """A parcel of which the channel that sold its goods is told; `lines` by their raw rows.

    `state` is waiting, told or refused, then with the channel's reason.
    """

    __tablename__ = "fulfilling_notice"
    __table_args__ = table_args(
        belongs_to("orders_order"),
        of_connection(),
        sa.Index("ix_fulfilling_notice_order_id", "company_id", "order_id"),
        sa.Index("ix_fulfilling_notice_state", "connection_id", "state", "id"),
    )

    order_id: Mapped[int]
    connection_id: Mapped[int]
    carrier: Mapped[str]
    tracking: Mapped[str]
    shipped_at: Mapped[datetime]
    lines: Mapped[dict[str, int]] = mapped_column(Json)
    state: Mapped[str]
    reason: Mapped[str]
    created_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    row_version: Mapped[int] = mapped_column(default=1)
