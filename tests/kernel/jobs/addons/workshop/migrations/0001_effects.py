"""A table of effects."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import api

revision = "workshop_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "workshop__effect",
        sa.Column("id", api.BigInt, primary_key=True, autoincrement=False),
        sa.Column("times", api.BigInt, nullable=False),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("workshop__effect")
