"""Make the table of notes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "bad_migration_0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "bad_migration__note",
        sa.Column("text", sa.Text(), primary_key=True),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("bad_migration__note")
