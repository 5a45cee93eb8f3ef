"""Work in warehouses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0011"
down_revision = "core_0010"


def upgrade() -> None:
    op.create_table(
        "warehousing_event",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("subject_id", db.BigInt, nullable=False),
        sa.Column("happened_at", db.UtcDateTime(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("detail", db.Json(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_warehousing_event_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_warehousing_event")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("warehousing_event", schema=None) as batch_op:
        batch_op.create_index(
            "ix_warehousing_event_subject",
            ["company_id", "subject", "subject_id", "id"],
            unique=False,
        )

    op.create_table(
        "warehousing_count",
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("warehouse_id", db.BigInt, nullable=False),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("frozen_at", db.UtcDateTime(), nullable=True),
        sa.Column("closed_at", db.UtcDateTime(), nullable=True),
        sa.Column("document_id", db.BigInt, nullable=True),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "warehouse_id"],
            ["stock_warehouse.company_id", "stock_warehouse.id"],
            name=op.f("fk_warehousing_count_company_id_warehouse_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_warehousing_count")),
        sa.UniqueConstraint(
            "company_id", "reference", name=op.f("uq_warehousing_count_company_id_reference")
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("warehousing_count", schema=None) as batch_op:
        batch_op.create_index(
            "ix_warehousing_count_state", ["company_id", "state", "id"], unique=False
        )

    op.create_table(
        "warehousing_transfer",
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("from_id", db.BigInt, nullable=False),
        sa.Column("to_id", db.BigInt, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("shipped_at", db.UtcDateTime(), nullable=True),
        sa.Column("closed_at", db.UtcDateTime(), nullable=True),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "from_id"],
            ["stock_warehouse.company_id", "stock_warehouse.id"],
            name=op.f("fk_warehousing_transfer_company_id_from_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "to_id"],
            ["stock_warehouse.company_id", "stock_warehouse.id"],
            name=op.f("fk_warehousing_transfer_company_id_to_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_warehousing_transfer")),
        sa.UniqueConstraint(
            "company_id", "reference", name=op.f("uq_warehousing_transfer_company_id_reference")
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("warehousing_transfer", schema=None) as batch_op:
        batch_op.create_index(
            "ix_warehousing_transfer_state", ["company_id", "state", "id"], unique=False
        )

    op.create_table(
        "warehousing_count_line",
        sa.Column("count_id", db.BigInt, nullable=False),
        sa.Column("sku_id", db.BigInt, nullable=False),
        sa.Column("expected", db.BigInt, nullable=True),
        sa.Column("counted", db.BigInt, nullable=True),
        sa.Column("variance", db.BigInt, nullable=True),
        sa.Column("value", db.BigInt, nullable=True),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.CheckConstraint("counted >= 0", name=op.f("ck_warehousing_count_line_counted")),
        sa.ForeignKeyConstraint(
            ["company_id", "count_id"],
            ["warehousing_count.company_id", "warehousing_count.id"],
            name=op.f("fk_warehousing_count_line_company_id_count_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "sku_id"],
            ["catalog_sku.company_id", "catalog_sku.id"],
            name=op.f("fk_warehousing_count_line_company_id_sku_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_warehousing_count_line")),
        sa.UniqueConstraint(
            "company_id",
            "count_id",
            "sku_id",
            name=op.f("uq_warehousing_count_line_company_id_count_id_sku_id"),
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "warehousing_transfer_line",
        sa.Column("transfer_id", db.BigInt, nullable=False),
        sa.Column("sku_id", db.BigInt, nullable=False),
        sa.Column("quantity", db.BigInt, nullable=False),
        sa.Column("shipped", db.BigInt, nullable=False),
        sa.Column("received", db.BigInt, nullable=False),
        sa.Column("lost", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.CheckConstraint(
            "0 < quantity AND 0 <= shipped AND shipped <= quantity",
            name=op.f("ck_warehousing_transfer_line_shipped"),
        ),
        sa.CheckConstraint(
            "0 <= received AND 0 <= lost AND received + lost <= shipped",
            name=op.f("ck_warehousing_transfer_line_received"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "sku_id"],
            ["catalog_sku.company_id", "catalog_sku.id"],
            name=op.f("fk_warehousing_transfer_line_company_id_sku_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "transfer_id"],
            ["warehousing_transfer.company_id", "warehousing_transfer.id"],
            name=op.f("fk_warehousing_transfer_line_company_id_transfer_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_warehousing_transfer_line")),
        sa.UniqueConstraint(
            "company_id",
            "transfer_id",
            "sku_id",
            name=op.f("uq_warehousing_transfer_line_company_id_transfer_id_sku_id"),
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("stock_warehouse", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.Text(), server_default="own", nullable=False))
        batch_op.add_column(sa.Column("archived_at", db.UtcDateTime(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("stock_warehouse", schema=None) as batch_op:
        batch_op.drop_column("archived_at")
        batch_op.drop_column("kind")

    op.drop_table("warehousing_transfer_line")
    op.drop_table("warehousing_count_line")
    with op.batch_alter_table("warehousing_transfer", schema=None) as batch_op:
        batch_op.drop_index("ix_warehousing_transfer_state")

    op.drop_table("warehousing_transfer")
    with op.batch_alter_table("warehousing_count", schema=None) as batch_op:
        batch_op.drop_index("ix_warehousing_count_state")

    op.drop_table("warehousing_count")
    with op.batch_alter_table("warehousing_event", schema=None) as batch_op:
        batch_op.drop_index("ix_warehousing_event_subject")

    op.drop_table("warehousing_event")
