"""Keep the goods that platforms say come back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0053"
down_revision = "core_0052"

OPEN = sa.text("ended_at IS NULL AND arrived_quantity < quantity")


def upgrade() -> None:
    op.create_table(
        "orders_announced",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("external_ref", sa.Text(), nullable=False),
        sa.Column("order_ref", sa.Text(), nullable=False),
        sa.Column("line_ref", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("quantity", db.BigInt, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tracking", sa.Text(), nullable=False),
        sa.Column("announced_at", db.UtcDateTime(), nullable=False),
        sa.Column("updated_at", db.UtcDateTime(), nullable=False),
        sa.Column("first_seen_at", db.UtcDateTime(), nullable=False),
        sa.Column("is_history", db.Flag(), nullable=False),
        sa.Column("arrived_quantity", db.BigInt, nullable=False),
        sa.Column("unpaid_quantity", db.BigInt, nullable=False),
        sa.Column("ended_at", db.UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_orders_announced_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_orders_announced")),
        sa.UniqueConstraint(
            "company_id",
            "platform",
            "account",
            "external_ref",
            name=op.f("uq_orders_announced_company_id_platform_account_external_ref"),
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("orders_announced", schema=None) as batch_op:
        batch_op.create_index(
            "ix_orders_announced_order",
            ["company_id", "platform", "account", "order_ref"],
            unique=False,
        )
        batch_op.create_index(
            "ix_orders_announced_recent", ["company_id", "announced_at", "id"], unique=False
        )
        batch_op.create_index(
            "ix_orders_announced_open",
            ["company_id", "announced_at", "id"],
            unique=False,
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        )


def downgrade() -> None:
    op.drop_table("orders_announced")
