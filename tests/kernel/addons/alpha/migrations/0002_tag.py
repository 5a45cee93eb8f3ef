"""Make the table of tags."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "alpha_0002"
down_revision = "alpha_0001"


def upgrade() -> None:
    op.create_table(
        "alpha__tag",
        sa.Column("tag", sa.Text(), primary_key=True),
        sa.Column("text", sa.Text(), sa.ForeignKey("alpha__note.text", ondelete="CASCADE")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("alpha__tag")
