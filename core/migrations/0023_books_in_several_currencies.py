"""Keep rates of exchange, and by which of them an entry was converted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db
from core.ledger import guards

revision = "core_0023"
down_revision = "core_0022"


def upgrade() -> None:
    op.create_table(
        "rates_own",
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("since", db.Day(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", db.UtcDateTime(), nullable=False),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_rates_own_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_rates_own")),
        sa.UniqueConstraint(
            "company_id",
            "base",
            "quote",
            "since",
            name=op.f("uq_rates_own_company_id_base_quote_since"),
        ),
        sqlite_strict=True,
    )
    op.add_column("ledger_entry", sa.Column("rate", sa.Text(), nullable=True))
    guards.drop_former_guards(op.get_bind())
    guards.create_guards(op.get_bind())


def downgrade() -> None:
    # The trigger of today holds for books in one currency too.
    op.drop_column("ledger_entry", "rate")
    guards.create_guards(op.get_bind())
    op.drop_table("rates_own")
