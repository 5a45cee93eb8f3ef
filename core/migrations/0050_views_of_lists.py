"""Keep views of lists, and what users prefer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0050"
down_revision = "core_0049"


def upgrade() -> None:
    op.create_table(
        "lists_view",
        sa.Column("list", sa.Text(), nullable=False),
        sa.Column("user_id", db.BigInt, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("shared", db.Flag(), nullable=False),
        sa.Column("made_at", db.UtcDateTime(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_lists_view_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["identity_user.id"], name=op.f("fk_lists_view_user_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_lists_view")),
        sa.UniqueConstraint(
            "company_id",
            "list",
            "user_id",
            "name",
            name=op.f("uq_lists_view_company_id_list_user_id_name"),
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "lists_preference",
        sa.Column("user_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", db.Json(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["identity_user.id"], name=op.f("fk_lists_preference_user_id")
        ),
        sa.PrimaryKeyConstraint("user_id", "name", name=op.f("pk_lists_preference")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("lists_preference")
    op.drop_table("lists_view")
