"""Keep what data files wrote, and what an addon asked for when it was installed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0008"
down_revision = "core_0007"


def upgrade() -> None:
    op.create_table(
        "kernel_data_record",
        sa.Column("addon", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("row_key", db.Json(), nullable=False),
        sa.Column("written", db.Json(), nullable=False),
        sa.PrimaryKeyConstraint("addon", "ref", name=op.f("pk_kernel_data_record")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("kernel_addon", schema=None) as batch_op:
        batch_op.add_column(sa.Column("declared", db.Json(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("kernel_addon", schema=None) as batch_op:
        batch_op.drop_column("declared")
    op.drop_table("kernel_data_record")
