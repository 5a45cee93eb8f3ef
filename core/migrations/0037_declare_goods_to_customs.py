"""Declare goods to customs, at the customs rate of the month."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0037"
down_revision = "core_0036"


def upgrade() -> None:
    op.create_table(
        "rates_customs",
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("month", db.Day(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        *_made(),
        *_owned("rates_customs"),
        sa.UniqueConstraint(
            "company_id",
            "base",
            "quote",
            "month",
            name=op.f("uq_rates_customs_company_id_base_quote_month"),
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "customs_declaration",
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("declared_on", db.Day(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("value", db.BigInt, nullable=False),
        sa.Column("duty", db.BigInt, nullable=False),
        sa.Column("vat", db.BigInt, nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("rate", sa.Text(), nullable=False),
        *_made(),
        *_owned("customs_declaration"),
        sa.UniqueConstraint(
            "company_id", "reference", name=op.f("uq_customs_declaration_company_id_reference")
        ),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("customs_declaration")
    op.drop_table("rates_customs")


def _made() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", db.UtcDateTime(), nullable=False),
    )


def _owned(table: str) -> tuple[Any, ...]:
    return (
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f(f"fk_{table}_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f(f"pk_{table}")),
    )
