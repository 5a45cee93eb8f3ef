"""Keep what warehouses of others are asked to send, and the parcels that left there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0054"
down_revision = "core_0053"

F, T, P = "fulfilling_fulfilment", "fulfilling_item", "fulfilling_parcel"


def upgrade() -> None:
    op.create_table(
        F,
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("order_id", db.BigInt, nullable=False),
        sa.Column("warehouse_id", db.BigInt, nullable=False),
        sa.Column("connection_id", db.BigInt, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("wants", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("attempts", db.BigInt, nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("sent_at", db.UtcDateTime(), nullable=True),
        sa.Column("stop_told_at", db.UtcDateTime(), nullable=True),
        sa.Column("seen_at", db.UtcDateTime(), nullable=True),
        sa.Column("row_version", db.BigInt, nullable=False),
        _belongs(F, "order_id", "orders_order"),
        _belongs(F, "warehouse_id", "stock_warehouse"),
        sa.ForeignKeyConstraint(
            ["company_id", "connection_id"],
            ["kernel_connection.company_id", "kernel_connection.id"],
            name=op.f(f"fk_{F}_company_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f(f"pk_{F}")),
        sa.UniqueConstraint(
            "company_id", "connection_id", "key", name=op.f(f"uq_{F}_company_id_connection_id_key")
        ),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index(f"ix_{F}_order_id", F, ["company_id", "order_id"])
    op.create_index(f"ix_{F}_state", F, ["connection_id", "state", "id"])
    op.create_table(
        T,
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("fulfilment_id", db.BigInt, nullable=False),
        sa.Column("line_id", db.BigInt, nullable=False),
        sa.Column("sku_id", db.BigInt, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("each", db.BigInt, nullable=False),
        sa.Column("quantity", db.BigInt, nullable=False),
        sa.Column("shipped", db.BigInt, nullable=False),
        sa.CheckConstraint("0 < each AND 0 < quantity", name=op.f(f"ck_{T}_quantity")),
        sa.CheckConstraint("0 <= shipped", name=op.f(f"ck_{T}_shipped")),
        _belongs(T, "fulfilment_id", F),
        _belongs(T, "line_id", "orders_line"),
        _belongs(T, "sku_id", "catalog_sku"),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f(f"pk_{T}")),
        sa.UniqueConstraint(
            "company_id",
            "fulfilment_id",
            "line_id",
            "sku_id",
            name=op.f(f"uq_{T}_company_id_fulfilment_id_line_id_sku_id"),
        ),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        P,
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("fulfilment_id", db.BigInt, nullable=False),
        sa.Column("external_ref", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("tracking", sa.Text(), nullable=False),
        sa.Column("shipped_at", db.UtcDateTime(), nullable=False),
        sa.Column("items", db.Json(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        _belongs(P, "fulfilment_id", F),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f(f"pk_{P}")),
        sa.UniqueConstraint(
            "company_id",
            "fulfilment_id",
            "external_ref",
            name=op.f(f"uq_{P}_company_id_fulfilment_id_external_ref"),
        ),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )


def _belongs(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["company_id", column],
        [f"{target}.company_id", f"{target}.id"],
        name=op.f(f"fk_{table}_company_id_{column}"),
    )


def downgrade() -> None:
    for table in (P, T, F):
        op.drop_table(table)
