"""Keep what was said about the steps of setting a company up."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0048"
down_revision = "core_0047"


def upgrade() -> None:
    op.create_table(
        "onboarding_mark",
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("marked_at", db.UtcDateTime(), nullable=False),
        sa.Column("marked_by", sa.Text(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_onboarding_mark_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_onboarding_mark")),
        sa.UniqueConstraint("company_id", "step", name=op.f("uq_onboarding_mark_company_id_step")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("onboarding_mark")
