"""Keep what was prepared and filed of returns, how often each files, and how near limits are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db
from core.ledger import guards

revision = "core_0034"
down_revision = "core_0033"


def upgrade() -> None:
    op.create_table(
        "tax_return",
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("seq", db.BigInt, nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("starts_on", db.Day(), nullable=False),
        sa.Column("ends_on", db.Day(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("rates", db.Json(), nullable=False),
        sa.Column("boxes", db.Json(), nullable=False),
        sa.Column("ledger_amount", db.BigInt, nullable=False),
        sa.Column("boxed_amount", db.BigInt, nullable=False),
        sa.Column("filed_on", db.Day(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("made_at", db.UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_tax_return_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_tax_return")),
        sa.UniqueConstraint(
            "company_id",
            "form",
            "period",
            "seq",
            name=op.f("uq_tax_return_company_id_form_period_seq"),
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "tax_watch",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("window", sa.Text(), nullable=False),
        sa.Column("amount", db.BigInt, nullable=True),
        sa.Column("limit_amount", db.BigInt, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("orders", db.BigInt, nullable=False),
        sa.Column("order_limit", db.BigInt, nullable=True),
        sa.Column("both", db.BigInt, nullable=False),
        sa.Column("crosses_on", db.Day(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("watched_on", db.Day(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_tax_watch_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_tax_watch")),
        sa.UniqueConstraint("company_id", "code", name=op.f("uq_tax_watch_company_id_code")),
        sqlite_strict=True,
    )
    months = sa.Column("months", db.BigInt, server_default=sa.text("0"), nullable=False)
    currency = sa.Column("currency", sa.Text(), server_default=sa.text("''"), nullable=False)
    op.add_column("tax_registration", months)
    op.add_column("tax_registration", currency)
    guards.create_guards(op.get_bind())


def downgrade() -> None:
    op.drop_column("tax_registration", "currency")
    op.drop_column("tax_registration", "months")
    op.drop_table("tax_watch")
    op.drop_table("tax_return")
