"""Give sellers rules: their versions, what they chose for orders, tags, and weights of SKUs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0014"
down_revision = "core_0013"


def upgrade() -> None:
    op.create_table(
        "rules_rule",
        sa.Column("position", db.BigInt, nullable=False),
        sa.Column("enabled", db.Flag(), nullable=False),
        sa.Column("version", db.BigInt, nullable=False),
        sa.Column("live_version", db.BigInt, nullable=True),
        sa.Column("archived_at", db.UtcDateTime(), nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_rules_rule_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_rules_rule")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("rules_rule", schema=None) as batch_op:
        batch_op.create_index("ix_rules_rule_position", ["company_id", "position"], unique=False)

    op.create_table(
        "rules_version",
        sa.Column("rule_id", db.BigInt, nullable=False),
        sa.Column("version", db.BigInt, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("definition", db.Json(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", db.UtcDateTime(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "rule_id"],
            ["rules_rule.company_id", "rules_rule.id"],
            name=op.f("fk_rules_version_company_id_rule_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_rules_version")),
        sa.UniqueConstraint(
            "company_id",
            "rule_id",
            "version",
            name=op.f("uq_rules_version_company_id_rule_id_version"),
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "rules_choice",
        sa.Column("requested_service", sa.Text(), nullable=True),
        sa.Column("service", sa.Text(), nullable=True),
        sa.Column("warehouse_id", db.BigInt, nullable=True),
        sa.Column("ruled_at", db.UtcDateTime(), nullable=True),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "id"],
            ["orders_order.company_id", "orders_order.id"],
            name=op.f("fk_rules_choice_company_id_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "warehouse_id"],
            ["stock_warehouse.company_id", "stock_warehouse.id"],
            name=op.f("fk_rules_choice_company_id_warehouse_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_rules_choice")),
        sqlite_strict=True,
    )
    op.create_table(
        "rules_tag",
        sa.Column("order_id", db.BigInt, nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "order_id"],
            ["orders_order.company_id", "orders_order.id"],
            name=op.f("fk_rules_tag_company_id_order_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_rules_tag")),
        sa.UniqueConstraint(
            "company_id", "order_id", "tag", name=op.f("uq_rules_tag_company_id_order_id_tag")
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("rules_tag", schema=None) as batch_op:
        batch_op.create_index("ix_rules_tag_tag", ["company_id", "tag", "order_id"], unique=False)

    with op.batch_alter_table("catalog_sku", schema=None) as batch_op:
        batch_op.add_column(sa.Column("weight_grams", db.BigInt, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("catalog_sku", schema=None) as batch_op:
        batch_op.drop_column("weight_grams")

    with op.batch_alter_table("rules_tag", schema=None) as batch_op:
        batch_op.drop_index("ix_rules_tag_tag")

    op.drop_table("rules_tag")
    op.drop_table("rules_choice")
    op.drop_table("rules_version")
    with op.batch_alter_table("rules_rule", schema=None) as batch_op:
        batch_op.drop_index("ix_rules_rule_position")

    op.drop_table("rules_rule")
