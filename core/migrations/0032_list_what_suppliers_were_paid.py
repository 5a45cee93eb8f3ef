"""List what suppliers were paid, and of whom documents are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0032"
down_revision = "core_0031"


def upgrade() -> None:
    op.create_table(
        "costing_supplier_document",
        sa.Column("natural_key", sa.Text(), nullable=False),
        sa.Column("supplier", sa.Text(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"],
            ["kernel_company.id"],
            name=op.f("fk_costing_supplier_document_company_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_costing_supplier_document")),
        sa.UniqueConstraint(
            "company_id",
            "natural_key",
            name=op.f("uq_costing_supplier_document_company_id_natural_key"),
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "costing_payment",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("natural_key", sa.Text(), nullable=False),
        sa.Column("paid_on", db.Day(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", db.BigInt, nullable=False),
        sa.Column("carried", db.BigInt, nullable=False),
        sa.Column("difference", db.BigInt, nullable=False),
        sa.Column("deposit", sa.Text(), nullable=False),
        sa.Column("prepaid", db.BigInt, nullable=False),
        sa.Column("entry_id", db.BigInt, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", db.UtcDateTime(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "entry_id"],
            ["ledger_entry.company_id", "ledger_entry.id"],
            name=op.f("fk_costing_payment_company_id_entry_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_costing_payment")),
        sa.UniqueConstraint(
            "company_id",
            "kind",
            "reference",
            name=op.f("uq_costing_payment_company_id_kind_reference"),
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("costing_payment", schema=None) as batch_op:
        batch_op.create_index(
            "ix_costing_payment_natural_key", ["company_id", "natural_key"], unique=False
        )


def downgrade() -> None:
    op.drop_table("costing_payment")
    op.drop_table("costing_supplier_document")
