"""Stamp the tables that seldom change, so that what they say can be remembered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db
from core import stamps

revision = "core_0039"
down_revision = "core_0038"


def upgrade() -> None:
    op.create_table(
        "kernel_stamp",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("stamp", db.BigInt, nullable=False),
        sa.PrimaryKeyConstraint("topic", name=op.f("pk_kernel_stamp")),
        sqlite_strict=True,
    )
    stamps.create_stamps(op.get_bind())


def downgrade() -> None:
    stamps.drop_stamps(op.get_bind())
    op.drop_table("kernel_stamp")
