"""Keep which payouts platforms were asked for before their day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0059"
down_revision = "core_0058"

NAME = "settlements_payout_wish"


def upgrade() -> None:
    op.create_table(
        NAME,
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("connection_id", db.BigInt, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("external_ref", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", db.UtcDateTime(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("row_version", db.BigInt, nullable=False),
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
    op.create_index(f"ix_{NAME}_connection", NAME, ["company_id", "connection_id", "id"])


def downgrade() -> None:
    op.drop_table(NAME)
