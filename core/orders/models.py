"""Tables of orders."""

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


class Order(Owned):
    """A sales document as the platform issued it: an order, or a credit note.

    Its natural key does not name the connection, so that reconnecting doubles nothing. `exception`
    is the most urgent of its open exceptions. `promised_at` is when its goods should leave, `hold`
    is `parked` or `locked`; the `remote_` columns are what the platform said last. `origin_id` is
    the order that it was split from or replaces, `consignment_id` the order it leaves with.
    """

    __tablename__ = "orders_order"
    __table_args__ = table_args(
        belongs_to("channels_shop"),
        sa.UniqueConstraint("company_id", "platform", "account", "external_ref"),
        sa.Index("ix_orders_order_recent", "company_id", "ordered_at", "id"),
        # Each ends with the other two: a list that is narrowed by several never leaves its index.
        *(
            sa.Index(f"ix_orders_order_{column}", "company_id", column, "ordered_at", "id", *others)
            for column, *others in (
                ("state", "kind", "country"),
                ("kind", "state", "country"),
                ("country", "state", "kind"),
            )
        ),
        sa.Index("ix_orders_order_shop_id", "company_id", "shop_id", "ordered_at", "id", "country"),
        # PostgreSQL finds the beginning of a number by this order of letters only.
        sa.Index(
            "ix_orders_order_ref",
            "company_id",
            "platform",
            "account",
            "external_ref",
            postgresql_ops={"external_ref": "text_pattern_ops"},
        ).ddl_if(dialect="postgresql"),
        sa.Index(
            "ix_orders_order_exception",
            "company_id",
            "ordered_at",
            "id",
            sqlite_where=sa.text("exception IS NOT NULL"),
            postgresql_where=sa.text("exception IS NOT NULL"),
        ),
        *(
            sa.Index(
                f"ix_orders_order_{column}",
                "company_id",
                column,
                sqlite_where=sa.text(f"{column} IS NOT NULL"),
                postgresql_where=sa.text(f"{column} IS NOT NULL"),
            )
            for column in ("origin_id", "consignment_id")
        ),
        clustered=True,
    )

    shop_id: Mapped[int]
    platform: Mapped[str]
    account: Mapped[str]
    external_ref: Mapped[str]
    kind: Mapped[str]
    state: Mapped[str]
    exception: Mapped[str | None]
    ordered_at: Mapped[datetime]
    ordered_on: Mapped[date]
    currency: Mapped[str]
    country: Mapped[str]
    customer_id: Mapped[int | None]
    net_amount: Mapped[int] = mapped_column(info=seen_with("money.view"))
    tax_amount: Mapped[int] = mapped_column(info=seen_with("money.view"))
    line_count: Mapped[int]
    created_at: Mapped[datetime]
    row_version: Mapped[int] = mapped_column(default=1)
    promised_at: Mapped[datetime | None]
    hold: Mapped[str | None]
    remote_status: Mapped[str | None]
    remote_state: Mapped[str | None]
    remote_at: Mapped[datetime | None]
    origin_id: Mapped[int | None]
    origin_kind: Mapped[str | None]
    consignment_id: Mapped[int | None]


class OrderLine(Owned):
    """One line of a document; amounts in minor units of the order's currency, net of tax.

    `quantity` is negative on a return; `original_line_id` is the sale that it undoes, and a return
    of several sales has a line for each. `platform_tax` is the tax in the platform's own figures,
    None where it tells none. `document_id` is the event that moved and booked the line,
    `cost_amount` what its goods cost in the company's currency (negative when they came back). A
    line leaves or is cancelled as a whole: one that leaves in parts is divided first.
    """

    __tablename__ = "orders_line"
    __table_args__ = table_args(
        belongs_to("orders_order"),
        sa.UniqueConstraint("company_id", "order_id", "external_ref"),
        sa.Index(
            "ix_orders_line_customer_code",
            "company_id",
            "customer_id",
            "code",
            sqlite_where=sa.text("customer_id IS NOT NULL"),
            postgresql_where=sa.text("customer_id IS NOT NULL"),
        ),
        clustered=True,
    )

    order_id: Mapped[int]
    external_ref: Mapped[str]
    kind: Mapped[str]
    code: Mapped[str]
    sku_id: Mapped[int | None]
    title: Mapped[str]
    occurred_on: Mapped[date]
    country: Mapped[str]
    quantity: Mapped[int]
    unit_price: Mapped[int] = mapped_column(info=seen_with("money.view"))
    net_amount: Mapped[int] = mapped_column(info=seen_with("money.view"))
    tax_amount: Mapped[int] = mapped_column(info=seen_with("money.view"))
    account: Mapped[str]
    decision_id: Mapped[int | None]
    customer_id: Mapped[int | None]
    original_line_id: Mapped[int | None]
    document_id: Mapped[int | None]
    cost_amount: Mapped[int] = mapped_column(info=seen_with("costs.view"))
    returned_quantity: Mapped[int]
    shipped_quantity: Mapped[int]
    flag: Mapped[str | None]
    raw_row_id: Mapped[int]
    cancelled_quantity: Mapped[int] = mapped_column(default=0, server_default=sa.text("0"))
    platform_tax: Mapped[int | None] = mapped_column(info=seen_with("money.view"))


class OrderTax(Owned):
    """What an order tells that its tax depends on; its id is the order's, and most have none.

    Columns are empty where nothing was told. `region` and `postcode` are those of the delivery, as
    far as tax looks at them; `number_id` is the buyer's tax number. A part of an order has no row
    of its own: what the first was told holds for it.
    """

    __tablename__ = "orders_tax"
    __table_args__ = table_args(
        belongs_to("orders_order", "id"),
        belongs_to("tax_number", "number_id"),
        sa.Index(
            "ix_orders_tax_number_id",
            "company_id",
            "number_id",
            sqlite_where=sa.text("number_id IS NOT NULL"),
            postgresql_where=sa.text("number_id IS NOT NULL"),
        ),
        clustered=True,
    )

    buyer: Mapped[str]
    number_id: Mapped[int | None]
    region: Mapped[str]
    postcode: Mapped[str]
    ship_from: Mapped[str]
    from_region: Mapped[str]
    paid_on: Mapped[date | None]
    ioss_number: Mapped[str]
    collector: Mapped[str]
    scheme: Mapped[str]
    consignment_value: Mapped[int | None] = mapped_column(info=seen_with("money.view"))
    row_version: Mapped[int] = mapped_column(default=1)
    invoiced_on: Mapped[date | None]


class OrderException(Owned):
    """Something that keeps an order from going on, until it is solved."""

    __tablename__ = "orders_exception"
    __table_args__ = table_args(
        belongs_to("orders_order"),
        sa.Index(
            "ix_orders_exception_open",
            "company_id",
            "order_id",
            "kind",
            unique=True,
            sqlite_where=sa.text("solved_at IS NULL"),
            postgresql_where=sa.text("solved_at IS NULL"),
        ),
        sa.Index(
            "ix_orders_exception_queue",
            "company_id",
            "kind",
            "id",
            sqlite_where=sa.text("solved_at IS NULL"),
            postgresql_where=sa.text("solved_at IS NULL"),
        ),
        clustered=True,
    )

    order_id: Mapped[int]
    kind: Mapped[str]
    detail: Mapped[dict[str, object]] = mapped_column(Json)
    raised_at: Mapped[datetime]
    solved_at: Mapped[datetime | None]
    solved_by: Mapped[str | None]


class OrderEvent(Owned):
    """A step in an order's life: who or what did it, when, and why."""

    __tablename__ = "orders_event"
    __table_args__ = table_args(
        # PostgreSQL checks it by the statement: see `core.ledger.guards`.
        belongs_to("orders_order").ddl_if("sqlite"),
        sa.Index("ix_orders_event_order", "company_id", "order_id"),
        clustered=True,
    )

    order_id: Mapped[int]
    happened_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    kind: Mapped[str]
    actor: Mapped[str]
    detail: Mapped[dict[str, object]] = mapped_column(Json)


class AnnouncedReturn(Owned):
    """Goods that a platform says come back, which are not in the books by that.

    It names its order and line in the platform's words, so that one of an unknown order is found
    when the order comes. `arrived_quantity` is how much of it the books have back,
    `unpaid_quantity` how much of that was taken back before the platform told of the refund. With
    `ended_at` somebody said that no more comes; one `is_history` was old when first heard of.
    """

    __tablename__ = "orders_announced"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.UniqueConstraint("company_id", "platform", "account", "external_ref"),
        sa.Index("ix_orders_announced_order", "company_id", "platform", "account", "order_ref"),
        sa.Index("ix_orders_announced_recent", "company_id", "announced_at", "id"),
        sa.Index(
            "ix_orders_announced_open",
            "company_id",
            "announced_at",
            "id",
            sqlite_where=sa.text("ended_at IS NULL AND arrived_quantity < quantity"),
            postgresql_where=sa.text("ended_at IS NULL AND arrived_quantity < quantity"),
        ),
    )

    platform: Mapped[str]
    account: Mapped[str]
    external_ref: Mapped[str]
    order_ref: Mapped[str]
    line_ref: Mapped[str]
    code: Mapped[str]
    quantity: Mapped[int]
    reason: Mapped[str]
    state: Mapped[str]
    tracking: Mapped[str]
    announced_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    first_seen_at: Mapped[datetime]
    is_history: Mapped[bool]
    arrived_quantity: Mapped[int] = mapped_column(default=0)
    unpaid_quantity: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    row_version: Mapped[int] = mapped_column(default=1)


class Tally(Base):
    """How many orders have a kind, state, exception and country; kept by triggers."""

    __tablename__ = "orders_tally"
    __table_args__ = table_args(clustered=True)

    company_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(primary_key=True)
    exception: Mapped[str] = mapped_column(primary_key=True)
    country: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
