"""Keep of which parcels the channels that sold their goods are told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0056"
down_revision = "core_0055"

NAME = "fulfilling_notice"


def upgrade() -> None:
    op.create_table(
        NAME,
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("order_id", db.BigInt, nullable=False),
        sa.Column("connection_id", db.BigInt, nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("tracking", sa.Text(), nullable=False),
        sa.Column("shipped_at", db.UtcDateTime(), nullable=False),
        sa.Column("lines", db.Json(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("told_at", db.UtcDateTime(), nullable=True),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "order_id"],
            ["orders_order.company_id", "orders_order.id"],
            name=op.f(f"fk_{NAME}_company_id_order_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "connection_id"],
            ["kernel_connection.company_id", "kernel_connection.id"],
            name=op.f(f"fk_{NAME}_company_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f(f"pk_{NAME}")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index(f"ix_{NAME}_order_id", NAME, ["company_id", "order_id"])
    op.create_index(f"ix_{NAME}_state", NAME, ["connection_id", "state", "id"])


def downgrade() -> None:
    op.drop_table(NAME)
