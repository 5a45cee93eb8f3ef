"""Keep rates that were fetched, and how their fetching fares."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0031"
down_revision = "core_0030"


def upgrade() -> None:
    op.create_table(
        "rates_published",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("day", db.Day(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("fetched_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("source", "quote", "day", name=op.f("pk_rates_published")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rates_feed",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("addon", sa.Text(), nullable=False),
        sa.Column("tried_at", db.UtcDateTime(), nullable=False),
        sa.Column("fetched_at", db.UtcDateTime(), nullable=True),
        sa.Column("last_day", db.Day(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("failing_since", db.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_rates_feed")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("rates_feed")
    op.drop_table("rates_published")
