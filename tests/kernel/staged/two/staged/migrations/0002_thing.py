"""Make the table of things."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import api

revision = "staged_0002"
down_revision = "staged_0001"


def upgrade() -> None:
    op.create_table(
        "staged__thing",
        sa.Column("id", api.BigInt, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("colour", sa.Text(), sa.ForeignKey("staged__colour.code"), nullable=False),
        sa.Column("round", api.Flag(), nullable=True),
        sa.Column("made_at", api.UtcDateTime(), nullable=True),
        sa.Column("extra", api.Json(), nullable=True),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("staged__thing")
