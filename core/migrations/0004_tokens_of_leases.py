"""Tokens of leases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0004"
down_revision = "core_0003"


def upgrade() -> None:
    with op.batch_alter_table("kernel_lease", schema=None) as batch_op:
        batch_op.add_column(sa.Column("renewed_at", db.UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("token", db.BigInt, server_default="0", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("kernel_lease", schema=None) as batch_op:
        batch_op.drop_column("token")
        batch_op.drop_column("renewed_at")
