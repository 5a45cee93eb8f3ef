"""Bills of own costs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db
from core.ledger import guards

revision = "core_0028"
down_revision = "core_0027"


def upgrade() -> None:
    op.create_table(
        "expenses_bill",
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("billed_on", db.Day(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", db.BigInt, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("paid_from", sa.Text(), nullable=False),
        sa.Column("shop_id", db.BigInt, nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("order_id", db.BigInt, nullable=True),
        sa.Column("sku_id", db.BigInt, nullable=True),
        sa.Column("warehouse_id", db.BigInt, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("entry_id", db.BigInt, nullable=False),
        sa.Column("made_at", db.UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "entry_id"],
            ["ledger_entry.company_id", "ledger_entry.id"],
            name=op.f("fk_expenses_bill_company_id_entry_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "order_id"],
            ["orders_order.company_id", "orders_order.id"],
            name=op.f("fk_expenses_bill_company_id_order_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "shop_id"],
            ["channels_shop.company_id", "channels_shop.id"],
            name=op.f("fk_expenses_bill_company_id_shop_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "sku_id"],
            ["catalog_sku.company_id", "catalog_sku.id"],
            name=op.f("fk_expenses_bill_company_id_sku_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "warehouse_id"],
            ["stock_warehouse.company_id", "stock_warehouse.id"],
            name=op.f("fk_expenses_bill_company_id_warehouse_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_expenses_bill")),
        sa.UniqueConstraint(
            "company_id", "reference", name=op.f("uq_expenses_bill_company_id_reference")
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("expenses_bill", schema=None) as batch_op:
        batch_op.create_index(
            "ix_expenses_bill_recent", ["company_id", "billed_on", "id"], unique=False
        )

    # A bill stays as it was entered.
    guards.create_guards(op.get_bind())


def downgrade() -> None:
    with op.batch_alter_table("expenses_bill", schema=None) as batch_op:
        batch_op.drop_index("ix_expenses_bill_recent")

    op.drop_table("expenses_bill")
