"""Make the table of colours."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import api

revision = "staged_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "staged__colour",
        sa.Column("code", sa.Text(), primary_key=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("since", api.Day(), nullable=True),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("staged__colour")
