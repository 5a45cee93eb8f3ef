"""Keep in which period a line is declared that was booked in another month."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0047"
down_revision = "core_0046"


def upgrade() -> None:
    op.create_table(
        "tax_declared",
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("line_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("decision_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("entry_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("booked_on", db.Day(), nullable=False),
        sa.Column("declared_on", db.Day(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "decision_id"],
            ["tax_decision.company_id", "tax_decision.id"],
            name=op.f("fk_tax_declared_company_id_decision_id"),
        ),
        sa.PrimaryKeyConstraint(
            "company_id", "line_id", "decision_id", "entry_id", name=op.f("pk_tax_declared")
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("tax_declared", schema=None) as batch_op:
        batch_op.create_index("ix_tax_declared_on", ["company_id", "declared_on"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("tax_declared", schema=None) as batch_op:
        batch_op.drop_index("ix_tax_declared_on")

    op.drop_table("tax_declared")
