"""Issue invoices, and keep where a platform's figure of tax is not ours."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db
from core.ledger import guards

revision = "core_0044"
down_revision = "core_0043"


def upgrade() -> None:
    _gaps()
    op.create_table(
        "invoicing_issuer",
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_invoicing_issuer_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", name=op.f("pk_invoicing_issuer")),
        sqlite_strict=True,
    )
    op.create_table(
        "invoicing_series",
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("last", db.BigInt, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_invoicing_series_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "series", name=op.f("pk_invoicing_series")),
        sqlite_strict=True,
    )
    op.create_table(
        "invoicing_invoice",
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("number", db.BigInt, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("order_id", db.BigInt, nullable=False),
        sa.Column("credits_id", db.BigInt, nullable=True),
        sa.Column("cancels", db.BigInt, nullable=False),
        sa.Column("issued_on", db.Day(), nullable=False),
        sa.Column("supplied_on", db.Day(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("net_amount", db.BigInt, nullable=False),
        sa.Column("tax_amount", db.BigInt, nullable=False),
        sa.Column("document", db.Json(), nullable=False),
        sa.Column("buyer_digest", sa.Text(), nullable=False),
        sa.Column("made_at", db.UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "order_id"],
            ["orders_order.company_id", "orders_order.id"],
            name=op.f("fk_invoicing_invoice_company_id_order_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "credits_id"],
            ["invoicing_invoice.company_id", "invoicing_invoice.id"],
            name=op.f("fk_invoicing_invoice_company_id_credits_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_invoicing_invoice")),
        sa.UniqueConstraint(
            "company_id",
            "series",
            "number",
            name=op.f("uq_invoicing_invoice_company_id_series_number"),
        ),
        sqlite_strict=True,
    )
    for columns in (["order_id"], ["credits_id"], ["issued_on", "id"]):
        op.create_index(
            f"ix_invoicing_invoice_{columns[0]}", "invoicing_invoice", ["company_id", *columns]
        )
    op.create_table(
        "invoicing_buyer",
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "id"],
            ["invoicing_invoice.company_id", "invoicing_invoice.id"],
            name=op.f("fk_invoicing_buyer_company_id_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_invoicing_buyer")),
        sqlite_strict=True,
    )
    guards.create_guards(op.get_bind())


def _gaps() -> None:
    op.create_table(
        "settlements_tax_gap",
        sa.Column("order_id", db.BigInt, nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("ours", db.BigInt, nullable=False),
        sa.Column("theirs", db.BigInt, nullable=False),
        sa.Column("our_rate", db.BigInt, nullable=False),
        sa.Column("their_rate", db.BigInt, nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "order_id"],
            ["orders_order.company_id", "orders_order.id"],
            name=op.f("fk_settlements_tax_gap_company_id_order_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_settlements_tax_gap")),
        sa.UniqueConstraint(
            "company_id",
            "order_id",
            "side",
            name=op.f("uq_settlements_tax_gap_company_id_order_id_side"),
        ),
        sqlite_strict=True,
    )


def downgrade() -> None:
    for table in ("buyer", "invoice", "series", "issuer"):
        op.drop_table(f"invoicing_{table}")
    op.drop_table("settlements_tax_gap")
