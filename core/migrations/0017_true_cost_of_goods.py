"""Keep the true cost of goods."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0017"
down_revision = "core_0016"


def upgrade() -> None:
    op.create_table(
        "costing_charge",
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("estimated", db.BigInt, nullable=False),
        sa.Column("actual", db.BigInt, nullable=True),
        sa.Column("invoice", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("booked_on", db.Day(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_costing_charge_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_costing_charge")),
        sa.UniqueConstraint(
            "company_id", "reference", name=op.f("uq_costing_charge_company_id_reference")
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "costing_share",
        sa.Column("charge_id", db.BigInt, nullable=False),
        sa.Column("document_id", db.BigInt, nullable=False),
        sa.Column("sku_id", db.BigInt, nullable=False),
        sa.Column("weight", sa.Text(), nullable=False),
        sa.Column("estimated", db.BigInt, nullable=False),
        sa.Column("actual", db.BigInt, nullable=True),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "charge_id"],
            ["costing_charge.company_id", "costing_charge.id"],
            name=op.f("fk_costing_share_company_id_charge_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "document_id"],
            ["stock_document.company_id", "stock_document.id"],
            name=op.f("fk_costing_share_company_id_document_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "sku_id"],
            ["catalog_sku.company_id", "catalog_sku.id"],
            name=op.f("fk_costing_share_company_id_sku_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_costing_share")),
        sa.UniqueConstraint(
            "company_id",
            "charge_id",
            "document_id",
            "sku_id",
            name=op.f("uq_costing_share_company_id_charge_id_document_id_sku_id"),
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("costing_share", schema=None) as batch_op:
        batch_op.create_index(
            "ix_costing_share_document", ["company_id", "document_id"], unique=False
        )

    with op.batch_alter_table("catalog_sku", schema=None) as batch_op:
        batch_op.add_column(sa.Column("length_mm", db.BigInt, nullable=True))
        batch_op.add_column(sa.Column("width_mm", db.BigInt, nullable=True))
        batch_op.add_column(sa.Column("height_mm", db.BigInt, nullable=True))

    with op.batch_alter_table("kernel_company", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("costing_method", sa.Text(), server_default="fifo", nullable=False)
        )

    with op.batch_alter_table("stock_layer", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("first_leg", db.BigInt, server_default=sa.text("0"), nullable=False)
        )
        batch_op.add_column(
            sa.Column("duty", db.BigInt, server_default=sa.text("0"), nullable=False)
        )
        batch_op.add_column(
            sa.Column("other", db.BigInt, server_default=sa.text("0"), nullable=False)
        )
        batch_op.create_index(
            "ix_stock_layer_document", ["company_id", "document_id"], unique=False
        )
        batch_op.create_index("ix_stock_layer_root", ["company_id", "root_id"], unique=False)

    with op.batch_alter_table("stock_layer_use", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("first_leg", db.BigInt, server_default=sa.text("0"), nullable=False)
        )
        batch_op.add_column(
            sa.Column("duty", db.BigInt, server_default=sa.text("0"), nullable=False)
        )
        batch_op.add_column(
            sa.Column("other", db.BigInt, server_default=sa.text("0"), nullable=False)
        )
        batch_op.create_index("ix_stock_layer_use_layer", ["company_id", "layer_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("stock_layer_use", schema=None) as batch_op:
        batch_op.drop_index("ix_stock_layer_use_layer")
        batch_op.drop_column("other")
        batch_op.drop_column("duty")
        batch_op.drop_column("first_leg")

    with op.batch_alter_table("stock_layer", schema=None) as batch_op:
        batch_op.drop_index("ix_stock_layer_root")
        batch_op.drop_index("ix_stock_layer_document")
        batch_op.drop_column("other")
        batch_op.drop_column("duty")
        batch_op.drop_column("first_leg")

    with op.batch_alter_table("kernel_company", schema=None) as batch_op:
        batch_op.drop_column("costing_method")

    with op.batch_alter_table("catalog_sku", schema=None) as batch_op:
        batch_op.drop_column("height_mm")
        batch_op.drop_column("width_mm")
        batch_op.drop_column("length_mm")

    with op.batch_alter_table("costing_share", schema=None) as batch_op:
        batch_op.drop_index("ix_costing_share_document")

    op.drop_table("costing_share")
    op.drop_table("costing_charge")
