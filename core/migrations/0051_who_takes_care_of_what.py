"""Keep who takes care of what needs a person, and until when it is put off."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0051"
down_revision = "core_0050"


def upgrade() -> None:
    op.create_table(
        "attention_mark",
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("user_id", db.BigInt, nullable=True),
        sa.Column("until_on", db.Day(), nullable=True),
        sa.Column("number", db.BigInt, nullable=False),
        sa.Column("marked_at", db.UtcDateTime(), nullable=False),
        sa.Column("marked_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_attention_mark_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["identity_user.id"], name=op.f("fk_attention_mark_user_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "kind", name=op.f("pk_attention_mark")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("attention_mark")
