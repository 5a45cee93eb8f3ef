"""Publishing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0013"
down_revision = "core_0012"


def upgrade() -> None:
    op.create_table(
        "stock_change",
        sa.Column("sku_id", db.BigInt, nullable=False),
        sa.Column("changed_at", db.UtcDateTime(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_stock_change")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "publishing_pool",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_publishing_pool_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_publishing_pool")),
        sa.UniqueConstraint("company_id", "code", name=op.f("uq_publishing_pool_company_id_code")),
        sqlite_strict=True,
    )
    op.create_table(
        "publishing_rule",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("sku_id", db.BigInt, nullable=False),
        sa.Column("version", db.BigInt, nullable=False),
        sa.Column("pool_id", db.BigInt, nullable=True),
        sa.Column("buffer", db.BigInt, nullable=True),
        sa.Column("share", db.BigInt, nullable=True),
        sa.Column("cap", db.BigInt, nullable=True),
        sa.Column("floor", db.BigInt, nullable=True),
        sa.Column("minimum", db.BigInt, nullable=True),
        sa.Column("last_units", db.BigInt, nullable=True),
        sa.Column("priority", db.BigInt, nullable=True),
        sa.Column("fast_minutes", db.BigInt, nullable=True),
        sa.Column("paused", db.BigInt, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("made_at", db.UtcDateTime(), nullable=False),
        sa.Column("replaced_at", db.UtcDateTime(), nullable=True),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_publishing_rule_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_publishing_rule")),
        sa.UniqueConstraint(
            "company_id",
            "platform",
            "account",
            "sku_id",
            "version",
            name=op.f("uq_publishing_rule_company_id_platform_account_sku_id_version"),
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("publishing_rule", schema=None) as batch_op:
        batch_op.create_index(
            "ix_publishing_rule_current",
            ["company_id", "platform", "account", "sku_id"],
            unique=True,
            sqlite_where=sa.text("replaced_at IS NULL"),
            postgresql_where=sa.text("replaced_at IS NULL"),
        )

    op.create_table(
        "stock_follower",
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("since", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_stock_follower_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", name=op.f("pk_stock_follower")),
        sqlite_strict=True,
    )
    op.create_table(
        "publishing_pool_warehouse",
        sa.Column("pool_id", db.BigInt, nullable=False),
        sa.Column("warehouse_id", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "pool_id"],
            ["publishing_pool.company_id", "publishing_pool.id"],
            name=op.f("fk_publishing_pool_warehouse_company_id_pool_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "warehouse_id"],
            ["stock_warehouse.company_id", "stock_warehouse.id"],
            name=op.f("fk_publishing_pool_warehouse_company_id_warehouse_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_publishing_pool_warehouse")),
        sa.UniqueConstraint(
            "company_id",
            "pool_id",
            "warehouse_id",
            name=op.f("uq_publishing_pool_warehouse_company_id_pool_id_warehouse_id"),
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "publishing_target",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("seller_sku", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("sku_id", db.BigInt, nullable=False),
        sa.Column("desired", db.BigInt, nullable=False),
        sa.Column("version", db.BigInt, nullable=False),
        sa.Column("desired_at", db.UtcDateTime(), nullable=False),
        sa.Column("sent", db.BigInt, nullable=True),
        sa.Column("sent_version", db.BigInt, nullable=False),
        sa.Column("sent_at", db.UtcDateTime(), nullable=True),
        sa.Column("confirmed", db.BigInt, nullable=True),
        sa.Column("confirmed_at", db.UtcDateTime(), nullable=True),
        sa.Column("seen", db.BigInt, nullable=True),
        sa.Column("seen_at", db.UtcDateTime(), nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.CheckConstraint("desired >= 0", name=op.f("ck_publishing_target_desired")),
        sa.ForeignKeyConstraint(
            ["company_id", "sku_id"],
            ["catalog_sku.company_id", "catalog_sku.id"],
            name=op.f("fk_publishing_target_company_id_sku_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_publishing_target")),
        sa.UniqueConstraint(
            "company_id",
            "platform",
            "account",
            "seller_sku",
            "location",
            name=op.f("uq_publishing_target_company_id_platform_account_seller_sku_location"),
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("publishing_target", schema=None) as batch_op:
        batch_op.create_index("ix_publishing_target_sku", ["company_id", "sku_id"], unique=False)

    op.create_table(
        "catalog_mapping",
        sa.Column("listing_id", db.BigInt, nullable=False),
        sa.Column("before_id", db.BigInt, nullable=True),
        sa.Column("after_id", db.BigInt, nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("mapped_at", db.UtcDateTime(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "listing_id"],
            ["catalog_listing.company_id", "catalog_listing.id"],
            name=op.f("fk_catalog_mapping_company_id_listing_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_catalog_mapping")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("catalog_mapping", schema=None) as batch_op:
        batch_op.create_index(
            "ix_catalog_mapping_listing", ["company_id", "listing_id", "id"], unique=False
        )

    op.create_table(
        "publishing_push",
        sa.Column("target_id", db.BigInt, nullable=False),
        sa.Column("version", db.BigInt, nullable=False),
        sa.Column("quantity", db.BigInt, nullable=False),
        sa.Column("on_hand", db.BigInt, nullable=False),
        sa.Column("reserved", db.BigInt, nullable=False),
        sa.Column("waiting", db.BigInt, nullable=False),
        sa.Column("changed_at", db.UtcDateTime(), nullable=False),
        sa.Column("decided_at", db.UtcDateTime(), nullable=False),
        sa.Column("sent_at", db.UtcDateTime(), nullable=True),
        sa.Column("milliseconds", db.BigInt, nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "target_id"],
            ["publishing_target.company_id", "publishing_target.id"],
            name=op.f("fk_publishing_push_company_id_target_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_publishing_push")),
        sa.UniqueConstraint(
            "company_id",
            "target_id",
            "version",
            name=op.f("uq_publishing_push_company_id_target_id_version"),
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("publishing_push", schema=None) as batch_op:
        batch_op.create_index(
            "ix_publishing_push_open",
            ["company_id", "id"],
            unique=False,
            sqlite_where=sa.text("outcome IS NULL"),
            postgresql_where=sa.text("outcome IS NULL"),
        )
        batch_op.create_index("ix_publishing_push_sent", ["company_id", "sent_at"], unique=False)

    with op.batch_alter_table("catalog_listing", schema=None) as batch_op:
        batch_op.add_column(sa.Column("seller_sku", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("catalog_listing", schema=None) as batch_op:
        batch_op.drop_column("seller_sku")

    with op.batch_alter_table("publishing_push", schema=None) as batch_op:
        batch_op.drop_index("ix_publishing_push_sent")
        batch_op.drop_index(
            "ix_publishing_push_open",
            sqlite_where=sa.text("outcome IS NULL"),
            postgresql_where=sa.text("outcome IS NULL"),
        )

    op.drop_table("publishing_push")
    with op.batch_alter_table("catalog_mapping", schema=None) as batch_op:
        batch_op.drop_index("ix_catalog_mapping_listing")

    op.drop_table("catalog_mapping")
    with op.batch_alter_table("publishing_target", schema=None) as batch_op:
        batch_op.drop_index("ix_publishing_target_sku")

    op.drop_table("publishing_target")
    op.drop_table("publishing_pool_warehouse")
    op.drop_table("stock_follower")
    with op.batch_alter_table("publishing_rule", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_publishing_rule_current",
            sqlite_where=sa.text("replaced_at IS NULL"),
            postgresql_where=sa.text("replaced_at IS NULL"),
        )

    op.drop_table("publishing_rule")
    op.drop_table("publishing_pool")
    op.drop_table("stock_change")
