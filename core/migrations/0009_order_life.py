"""Give orders their life: holds, exceptions, what platforms say; bundles; promises that wait."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0009"
down_revision = "core_0008"

ORDER_COLUMNS = (
    ("promised_at", db.UtcDateTime()),
    ("hold", sa.Text()),
    ("remote_status", sa.Text()),
    ("remote_state", sa.Text()),
    ("remote_at", db.UtcDateTime()),
    ("origin_id", db.BigInt),
    ("origin_kind", sa.Text()),
    ("consignment_id", db.BigInt),
)


def upgrade() -> None:
    op.create_table(
        "catalog_component",
        sa.Column("bundle_id", db.BigInt, nullable=False),
        sa.Column("component_id", db.BigInt, nullable=False),
        sa.Column("quantity", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_catalog_component_quantity")),
        sa.CheckConstraint("bundle_id <> component_id", name=op.f("ck_catalog_component_other")),
        sa.ForeignKeyConstraint(
            ["company_id", "bundle_id"],
            ["catalog_sku.company_id", "catalog_sku.id"],
            name=op.f("fk_catalog_component_company_id_bundle_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "component_id"],
            ["catalog_sku.company_id", "catalog_sku.id"],
            name=op.f("fk_catalog_component_company_id_component_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_catalog_component")),
        sa.UniqueConstraint(
            "company_id",
            "bundle_id",
            "component_id",
            name=op.f("uq_catalog_component_company_id_bundle_id_component_id"),
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "orders_exception",
        sa.Column("order_id", db.BigInt, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("detail", db.Json(), nullable=False),
        sa.Column("raised_at", db.UtcDateTime(), nullable=False),
        sa.Column("solved_at", db.UtcDateTime(), nullable=True),
        sa.Column("solved_by", sa.Text(), nullable=True),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "order_id"],
            ["orders_order.company_id", "orders_order.id"],
            name=op.f("fk_orders_exception_company_id_order_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_orders_exception")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    still_open = sa.text("solved_at IS NULL")
    for name, columns, unique in (
        ("ix_orders_exception_open", ["company_id", "order_id", "kind"], True),
        ("ix_orders_exception_queue", ["company_id", "kind", "id"], False),
    ):
        op.create_index(
            name,
            "orders_exception",
            columns,
            unique=unique,
            sqlite_where=still_open,
            postgresql_where=still_open,
        )
    _grow_orders()
    _grow_reservations()
    _carry_over()


def _grow_orders() -> None:
    with op.batch_alter_table("orders_order", schema=None) as batch_op:
        for name, kind in ORDER_COLUMNS:
            batch_op.add_column(sa.Column(name, kind, nullable=True))
    for column in ("origin_id", "consignment_id"):
        where = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            f"ix_orders_order_{column}",
            "orders_order",
            ["company_id", column],
            sqlite_where=where,
            postgresql_where=where,
        )
    with op.batch_alter_table("orders_line", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("cancelled_quantity", db.BigInt, nullable=False, server_default=sa.text("0"))
        )


def _grow_reservations() -> None:
    # By hand: a batch would build the table again to add the check.
    integer = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(
        f"ALTER TABLE stock_reservation ADD COLUMN short_quantity {integer} NOT NULL DEFAULT 0"
        " CONSTRAINT ck_stock_reservation_short CHECK (0 <= short_quantity)"
    )
    with op.batch_alter_table("stock_reservation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("promised_at", db.UtcDateTime(), nullable=True))
    for what in ("open", "short"):
        where = sa.text(f"{what}_quantity > 0")
        op.create_index(
            f"ix_stock_reservation_{what}",
            "stock_reservation",
            ["company_id", "level_id"],
            sqlite_where=where,
            postgresql_where=where,
        )


def _carry_over() -> None:
    """Give the orders that are there what new ones get: a promise, and rows of exceptions."""
    op.execute("UPDATE orders_order SET promised_at = ordered_at")
    op.execute(
        "UPDATE stock_reservation SET promised_at = (SELECT o.ordered_at FROM orders_line l"
        " JOIN orders_order o ON o.company_id = l.company_id AND o.id = l.order_id"
        " WHERE l.company_id = stock_reservation.company_id AND l.id = stock_reservation.line_id)"
    )
    # So far an order was allocated even where goods were missing: it is to be looked at again.
    op.execute(
        "UPDATE orders_order SET state = 'to_allocate', exception = NULL"
        " WHERE state = 'allocated' AND exception = 'short'"
    )
    # An order is known by its id within a company, and has one exception so far.
    op.execute(
        "INSERT INTO orders_exception (company_id, id, order_id, kind, detail, raised_at)"
        " SELECT company_id, id, id, exception, '{}', created_at FROM orders_order"
        " WHERE exception IS NOT NULL"
    )


def downgrade() -> None:
    for what in ("short", "open"):
        op.drop_index(f"ix_stock_reservation_{what}", "stock_reservation")
    with op.batch_alter_table("stock_reservation", schema=None) as batch_op:
        batch_op.drop_constraint("ck_stock_reservation_short", type_="check")
        batch_op.drop_column("promised_at")
        batch_op.drop_column("short_quantity")
    with op.batch_alter_table("orders_line", schema=None) as batch_op:
        batch_op.drop_column("cancelled_quantity")
    for column in ("consignment_id", "origin_id"):
        op.drop_index(f"ix_orders_order_{column}", "orders_order")
    with op.batch_alter_table("orders_order", schema=None) as batch_op:
        for name, _ in reversed(ORDER_COLUMNS):
            batch_op.drop_column(name)
    op.drop_table("orders_exception")
    op.drop_table("catalog_component")
