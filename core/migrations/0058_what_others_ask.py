"""Keep what others ask for what an account offers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0058"
down_revision = "core_0057"

NAME = "publishing_offers"


def upgrade() -> None:
    op.create_table(
        NAME,
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("external_ref", sa.Text(), nullable=False),
        sa.Column("seen_at", db.UtcDateTime(), nullable=False),
        sa.Column("last_at", db.UtcDateTime(), nullable=False),
        sa.Column("latest", db.Flag(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("lowest", db.BigInt, nullable=True),
        sa.Column("lowest_is_ours", db.Flag(), nullable=False),
        sa.Column("featured", db.BigInt, nullable=True),
        sa.Column("featured_is_ours", db.Flag(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f(f"fk_{NAME}_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f(f"pk_{NAME}")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index(
        f"ix_{NAME}_listing", NAME, ["company_id", "platform", "account", "external_ref", "id"]
    )


def downgrade() -> None:
    op.drop_table(NAME)
