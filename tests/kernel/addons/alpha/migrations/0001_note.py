"""Make the table of notes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "alpha_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "alpha__note",
        sa.Column("text", sa.Text(), primary_key=True),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("alpha__note")
