"""Keep what platforms hold back and store."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0041"
down_revision = "core_0040"


def upgrade() -> None:
    op.create_table(
        "settlements_held",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("order_platform", sa.Text(), nullable=False),
        sa.Column("order_account", sa.Text(), nullable=False),
        sa.Column("order_ref", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("posted_at", db.UtcDateTime(), nullable=False),
        sa.Column("source_ref", sa.Text(), nullable=False),
        sa.Column("amount", db.BigInt, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("releases_at", db.UtcDateTime(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("statement_id", db.BigInt, nullable=True),
        sa.Column("seen_at", db.UtcDateTime(), nullable=False),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_settlements_held")),
        sa.UniqueConstraint(
            "company_id",
            "platform",
            "account",
            "order_ref",
            "kind",
            "posted_at",
            "source_ref",
            name="uq_settlements_held_key",
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("settlements_held", schema=None) as batch_op:
        batch_op.create_index(
            "ix_settlements_held_state",
            ["company_id", "state", "platform", "account"],
            unique=False,
        )

    op.create_table(
        "warehousing_stored",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("external_ref", sa.Text(), nullable=False),
        sa.Column("warehouse_id", db.BigInt, nullable=False),
        sa.Column("sellable", db.BigInt, nullable=False),
        sa.Column("damaged", db.BigInt, nullable=False),
        sa.Column("inbound", db.BigInt, nullable=False),
        sa.Column("seen_at", db.UtcDateTime(), nullable=False),
        sa.Column("differs_since", db.UtcDateTime(), nullable=True),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "warehouse_id"],
            ["stock_warehouse.company_id", "stock_warehouse.id"],
            name=op.f("fk_warehousing_stored_company_id_warehouse_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_warehousing_stored")),
        sa.UniqueConstraint(
            "company_id",
            "platform",
            "account",
            "external_ref",
            name=op.f("uq_warehousing_stored_company_id_platform_account_external_ref"),
        ),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("warehousing_stored")
    with op.batch_alter_table("settlements_held", schema=None) as batch_op:
        batch_op.drop_index("ix_settlements_held_state")

    op.drop_table("settlements_held")
