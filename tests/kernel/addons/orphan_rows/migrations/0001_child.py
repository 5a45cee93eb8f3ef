"""Make a row that refers to a row that is not there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "orphan_rows_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "orphan_rows__parent", sa.Column("id", sa.Integer(), primary_key=True), sqlite_strict=True
    )
    op.create_table(
        "orphan_rows__child",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("parent_id", sa.Integer(), sa.ForeignKey("orphan_rows__parent.id")),
        sqlite_strict=True,
    )
    op.execute("INSERT INTO orphan_rows__child VALUES (1, 77)")


def downgrade() -> None:
    op.drop_table("orphan_rows__child")
    op.drop_table("orphan_rows__parent")
