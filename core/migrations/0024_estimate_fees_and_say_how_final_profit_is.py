"""Estimate fees and say how final profit is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db
from core.ledger import guards

revision = "core_0024"
down_revision = "core_0023"


def upgrade() -> None:
    op.create_table(
        "fees_category",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("sku_id", db.BigInt, nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "sku_id"],
            ["catalog_sku.company_id", "catalog_sku.id"],
            name=op.f("fk_fees_category_company_id_sku_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_fees_category")),
        sa.UniqueConstraint(
            "company_id",
            "platform",
            "sku_id",
            name=op.f("uq_fees_category_company_id_platform_sku_id"),
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "fees_drift",
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("month", db.Day(), nullable=False),
        sa.Column("shop_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("estimator", sa.Text(), nullable=False),
        sa.Column("lines", db.BigInt, nullable=False),
        sa.Column("estimated", db.BigInt, nullable=False),
        sa.Column("actual", db.BigInt, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "shop_id"],
            ["channels_shop.company_id", "channels_shop.id"],
            name=op.f("fk_fees_drift_company_id_shop_id"),
        ),
        sa.PrimaryKeyConstraint(
            "company_id", "month", "shop_id", "account", "estimator", name=op.f("pk_fees_drift")
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "fees_rate",
        sa.Column("shop_id", db.BigInt, nullable=False),
        sa.Column("version", db.BigInt, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("amount", db.BigInt, nullable=False),
        sa.Column("since", db.Day(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", db.UtcDateTime(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "shop_id"],
            ["channels_shop.company_id", "channels_shop.id"],
            name=op.f("fk_fees_rate_company_id_shop_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_fees_rate")),
        sa.UniqueConstraint(
            "company_id",
            "shop_id",
            "version",
            name=op.f("uq_fees_rate_company_id_shop_id_version"),
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "fees_plan",
        sa.Column("shop_id", db.BigInt, nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("market", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("fulfilment", sa.Text(), nullable=False),
        sa.Column("preferences", db.Json(), nullable=False),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "shop_id"],
            ["channels_shop.company_id", "channels_shop.id"],
            name=op.f("fk_fees_plan_company_id_shop_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_fees_plan")),
        sa.UniqueConstraint("company_id", "shop_id", name=op.f("uq_fees_plan_company_id_shop_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "fees_recent",
        sa.Column("shop_id", db.BigInt, nullable=False),
        sa.Column("sku_id", db.BigInt, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("samples", db.Json(), nullable=False),
        sa.Column("line_count", db.BigInt, nullable=False),
        sa.Column("units", db.BigInt, nullable=False),
        sa.Column("price", db.BigInt, nullable=False),
        sa.Column("fee", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "shop_id"],
            ["channels_shop.company_id", "channels_shop.id"],
            name=op.f("fk_fees_recent_company_id_shop_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "sku_id"],
            ["catalog_sku.company_id", "catalog_sku.id"],
            name=op.f("fk_fees_recent_company_id_sku_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_fees_recent")),
        sa.UniqueConstraint(
            "company_id",
            "shop_id",
            "sku_id",
            "account",
            name=op.f("uq_fees_recent_company_id_shop_id_sku_id_account"),
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "fees_finality",
        sa.Column("state", db.BigInt, nullable=False),
        sa.Column("settled_on", db.Day(), nullable=True),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "id"],
            ["orders_order.company_id", "orders_order.id"],
            name=op.f("fk_fees_finality_company_id_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_fees_finality")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("fees_finality", schema=None) as batch_op:
        batch_op.create_index(
            "ix_fees_finality_settled",
            ["company_id", "settled_on"],
            unique=False,
            sqlite_where=sa.text("state = 2"),
            postgresql_where=sa.text("state = 2"),
        )

    with op.batch_alter_table("fees_estimate", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("reversed_amount", db.BigInt, server_default=sa.text("0"), nullable=False)
        )

    # What was booked before counts by what is owed for it still.
    op.execute(
        "INSERT INTO fees_finality (company_id, id, state, settled_on)"
        " SELECT o.company_id, o.id, CASE WHEN i.open_amount = 0 THEN 2 ELSE 0 END,"
        " CASE WHEN i.open_amount = 0 THEN o.ordered_on END"
        " FROM ledger_item i"
        " JOIN ledger_account a ON a.company_id = i.company_id AND a.id = i.account_id"
        " JOIN orders_order o ON o.company_id = i.company_id AND o.id = i.order_id"
        " WHERE a.code = '1210' AND o.kind = 'sale'"
    )
    guards.create_guards(op.get_bind())


def downgrade() -> None:
    with op.batch_alter_table("fees_estimate", schema=None) as batch_op:
        batch_op.drop_column("reversed_amount")

    with op.batch_alter_table("fees_finality", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_fees_finality_settled",
            sqlite_where=sa.text("state = 2"),
            postgresql_where=sa.text("state = 2"),
        )

    op.drop_table("fees_finality")
    op.drop_table("fees_recent")
    op.drop_table("fees_plan")
    op.drop_table("fees_rate")
    op.drop_table("fees_drift")
    op.drop_table("fees_category")
