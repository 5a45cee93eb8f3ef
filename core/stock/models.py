"""Tables of stock; quantities are integer base units, values minor units of the company."""

from __future__ import annotations

from datetime import date
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from core.db import Base
from core.db import Owned
from core.db import belongs_to
from core.db import table_args
from core.identity.fields import seen_with

_NONE: dict[str, Any] = {"default": 0, "server_default": sa.text("0")}


class Warehouse(Owned):
    """A place where goods lie; `provider` is the addon that fulfils from it.

    `kind` is `own`, `3pl`, `platform` or `transit`: goods on their way lie in a place too. `region`
    is the second part of an ISO 3166-2 code where tax depends on it, else empty.
    """

    __tablename__ = "stock_warehouse"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.UniqueConstraint("company_id", "code"),
    )

    code: Mapped[str]
    name: Mapped[str]
    country: Mapped[str]
    provider: Mapped[str]
    inventory_account: Mapped[str]
    created_at: Mapped[datetime]
    row_version: Mapped[int] = mapped_column(default=1)
    kind: Mapped[str] = mapped_column(default="own", server_default="own")
    archived_at: Mapped[datetime | None]
    region: Mapped[str] = mapped_column(default="", server_default="")


class Level(Owned):
    """How much of a SKU lies in a warehouse, and how much of that is promised."""

    __tablename__ = "stock_level"
    __table_args__ = table_args(
        belongs_to("stock_warehouse"),
        belongs_to("catalog_sku"),
        sa.UniqueConstraint("company_id", "warehouse_id", "sku_id", "condition", "lot_id"),
        sa.CheckConstraint("0 <= reserved", name="reserved_positive"),
        sa.CheckConstraint("reserved <= on_hand", name="reserved_covered"),
    )

    warehouse_id: Mapped[int]
    sku_id: Mapped[int]
    condition: Mapped[str]
    lot_id: Mapped[int] = mapped_column(default=0)
    on_hand: Mapped[int]
    reserved: Mapped[int]
    last_unit_cost: Mapped[int] = mapped_column(info=seen_with("costs.view"))
    row_version: Mapped[int] = mapped_column(default=1)


class Reservation(Owned):
    """What an order line needs of a level: of `quantity`, `open_quantity` is promised to it.

    `short_quantity` is not there yet; the rest has left. Goods that arrive go to the promise that
    was given first, and a loss takes from the one given last.
    """

    __tablename__ = "stock_reservation"
    __table_args__ = table_args(
        belongs_to("orders_line", "line_id"),
        sa.UniqueConstraint("company_id", "line_id", "level_id"),
        sa.CheckConstraint("0 <= open_quantity AND open_quantity <= quantity", name="open"),
        sa.CheckConstraint("0 <= short_quantity", name="short"),
        sa.Index(
            "ix_stock_reservation_open",
            "company_id",
            "level_id",
            sqlite_where=sa.text("open_quantity > 0"),
            postgresql_where=sa.text("open_quantity > 0"),
        ),
        sa.Index(
            "ix_stock_reservation_short",
            "company_id",
            "level_id",
            sqlite_where=sa.text("short_quantity > 0"),
            postgresql_where=sa.text("short_quantity > 0"),
        ),
        clustered=True,
    )

    line_id: Mapped[int]
    level_id: Mapped[int]
    quantity: Mapped[int]
    open_quantity: Mapped[int]
    short_quantity: Mapped[int] = mapped_column(default=0, server_default=sa.text("0"))
    promised_at: Mapped[datetime | None]


class Document(Owned):
    """A physical event: a receipt, a parcel, a return, an adjustment.

    `currency` is that of a sales document. `posting_state` is `posted`, or `waiting` for a tax
    regime, a rate or an open period.
    """

    __tablename__ = "stock_document"
    __table_args__ = table_args(
        belongs_to("stock_warehouse"),
        sa.UniqueConstraint("company_id", "kind", "natural_key"),
        sa.Index("ix_stock_document_order", "company_id", "order_id"),
        clustered=True,
    )

    warehouse_id: Mapped[int]
    kind: Mapped[str]
    natural_key: Mapped[str]
    order_id: Mapped[int | None]
    happened_at: Mapped[datetime]
    booked_on: Mapped[date]
    currency: Mapped[str | None]
    posting_state: Mapped[str]
    waiting_for: Mapped[str | None]


class Move(Owned):
    """A change of what lies on hand; append-only, and no row points here."""

    __tablename__ = "stock_move"
    __table_args__ = table_args(
        belongs_to("stock_document"), belongs_to("stock_level"), clustered=True
    )

    booked_on: Mapped[date] = mapped_column(primary_key=True)
    document_id: Mapped[int]
    level_id: Mapped[int]
    line_id: Mapped[int | None]
    quantity: Mapped[int]
    reason: Mapped[str]
    raw_row_id: Mapped[int | None]


class Layer(Owned):
    """Goods of one receipt at one cost, used first in, first out.

    A part of a layer that goes elsewhere is a layer there of the same root. What is left of
    `first_leg`, `duty` and `other` is in the remaining value, the rest of which is the purchase.
    With a moving average a level has one layer, the pool of all that came in.
    """

    __tablename__ = "stock_layer"
    __table_args__ = table_args(
        belongs_to("stock_level"),
        sa.CheckConstraint("0 <= remaining AND remaining <= quantity", name="remaining"),
        sa.Index(
            "ix_stock_layer_open",
            "company_id",
            "level_id",
            sqlite_where=sa.text("remaining > 0"),
            postgresql_where=sa.text("remaining > 0"),
        ),
        sa.Index("ix_stock_layer_root", "company_id", "root_id"),
        sa.Index("ix_stock_layer_document", "company_id", "document_id"),
    )

    root_id: Mapped[int]
    level_id: Mapped[int]
    document_id: Mapped[int]
    received_at: Mapped[datetime]
    quantity: Mapped[int]
    value: Mapped[int] = mapped_column(info=seen_with("costs.view"))
    remaining: Mapped[int]
    remaining_value: Mapped[int] = mapped_column(info=seen_with("costs.view"))
    first_leg: Mapped[int] = mapped_column(info=seen_with("costs.view"), **_NONE)
    duty: Mapped[int] = mapped_column(info=seen_with("costs.view"), **_NONE)
    other: Mapped[int] = mapped_column(info=seen_with("costs.view"), **_NONE)


class LayerUse(Owned):
    """What took how much from a layer, and how much of that came back.

    `first_leg`, `duty` and `other` are in the value that has not come back.
    """

    __tablename__ = "stock_layer_use"
    __table_args__ = table_args(
        belongs_to("stock_layer"),
        sa.CheckConstraint(
            "0 <= returned_quantity AND returned_quantity <= quantity", name="returned"
        ),
        sa.Index("ix_stock_layer_use_line", "company_id", "line_id"),
        sa.Index("ix_stock_layer_use_layer", "company_id", "layer_id"),
        clustered=True,
    )

    layer_id: Mapped[int]
    document_id: Mapped[int]
    line_id: Mapped[int | None]
    quantity: Mapped[int]
    value: Mapped[int] = mapped_column(info=seen_with("costs.view"))
    returned_quantity: Mapped[int]
    returned_value: Mapped[int] = mapped_column(info=seen_with("costs.view"))
    first_leg: Mapped[int] = mapped_column(info=seen_with("costs.view"), **_NONE)
    duty: Mapped[int] = mapped_column(info=seen_with("costs.view"), **_NONE)
    other: Mapped[int] = mapped_column(info=seen_with("costs.view"), **_NONE)


class Short(Owned):
    """Goods that left although none were on hand, at a provisional cost until a receipt.

    It keeps the dimensions of the event, so that the receipt can book the exact cost on them.
    """

    __tablename__ = "stock_short"
    __table_args__ = table_args(
        belongs_to("stock_level"),
        sa.CheckConstraint("0 <= open_quantity AND open_quantity <= quantity", name="open"),
        sa.Index(
            "ix_stock_short_open",
            "company_id",
            "level_id",
            sqlite_where=sa.text("open_quantity > 0"),
            postgresql_where=sa.text("open_quantity > 0"),
        ),
        sa.Index("ix_stock_short_line", "company_id", "line_id"),
    )

    level_id: Mapped[int]
    document_id: Mapped[int]
    order_id: Mapped[int | None]
    line_id: Mapped[int | None]
    shop_id: Mapped[int | None]
    country: Mapped[str | None]
    happened_at: Mapped[datetime]
    booked_on: Mapped[date]
    quantity: Mapped[int]
    value: Mapped[int] = mapped_column(info=seen_with("costs.view"))
    open_quantity: Mapped[int]
    open_value: Mapped[int] = mapped_column(info=seen_with("costs.view"))
    raw_row_id: Mapped[int | None]


class Follower(Base):
    """A company whose changes of stock are kept until they are taken."""

    __tablename__ = "stock_follower"
    __table_args__ = table_args(sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]))

    company_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    since: Mapped[datetime]


class Change(Owned):
    """A SKU whose levels changed, and when; it is taken away when that was dealt with."""

    __tablename__ = "stock_change"
    __table_args__ = table_args(clustered=True)

    sku_id: Mapped[int]
    changed_at: Mapped[datetime]
