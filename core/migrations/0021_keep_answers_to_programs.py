"""Keep what programs were answered under their keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0021"
down_revision = "core_0020"


def upgrade() -> None:
    op.create_table(
        "identity_api_answer",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("claimed_at", db.UtcDateTime(), nullable=False),
        sa.Column("status", db.BigInt, nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_identity_api_answer")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("identity_api_answer", schema=None) as batch_op:
        batch_op.create_index("ix_identity_api_answer_claimed_at", ["claimed_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("identity_api_answer", schema=None) as batch_op:
        batch_op.drop_index("ix_identity_api_answer_claimed_at")

    op.drop_table("identity_api_answer")
