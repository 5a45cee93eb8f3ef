"""Secrets, and versions of settings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0002"
down_revision = "core_0001"


def upgrade() -> None:
    op.create_table(
        "kernel_secret",
        sa.Column("addon", sa.Text(), nullable=False),
        sa.Column("connection_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("addon", "connection_id", "field", name=op.f("pk_kernel_secret")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("kernel_connection", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("settings_version", db.BigInt, server_default="1", nullable=False)
        )

    with op.batch_alter_table("kernel_setting", schema=None) as batch_op:
        batch_op.add_column(sa.Column("row_version", db.BigInt, server_default="1", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("kernel_setting", schema=None) as batch_op:
        batch_op.drop_column("row_version")

    with op.batch_alter_table("kernel_connection", schema=None) as batch_op:
        batch_op.drop_column("settings_version")

    op.drop_table("kernel_secret")
