"""Make the table of boxes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import api

revision = "staged_0004"
down_revision = "staged_0003"


def upgrade() -> None:
    op.create_table(
        "staged__box",
        sa.Column("code", sa.Text(), primary_key=True),
        sa.Column("thing_id", api.BigInt, sa.ForeignKey("staged__thing.id"), nullable=True),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("staged__box")
