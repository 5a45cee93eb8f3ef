"""Keep what orders tell of their tax, and the numbers of businesses that bought."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0042"
down_revision = "core_0041"


def upgrade() -> None:
    op.create_table(
        "tax_number",
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("consultation", sa.Text(), nullable=False),
        sa.Column("checked_at", db.UtcDateTime(), nullable=True),
        sa.Column("due_at", db.UtcDateTime(), nullable=True),
        sa.Column("attempts", db.BigInt, nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_tax_number_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_tax_number")),
        sa.UniqueConstraint(
            "company_id", "country", "number", name=op.f("uq_tax_number_company_id_country_number")
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("tax_number", schema=None) as batch_op:
        batch_op.create_index(
            "ix_tax_number_due",
            ["company_id", "due_at"],
            unique=False,
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )

    op.create_table(
        "tax_number_check",
        sa.Column("number_id", db.BigInt, nullable=False),
        sa.Column("asked_at", db.UtcDateTime(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("consultation", sa.Text(), nullable=False),
        sa.Column("requester", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "number_id"],
            ["tax_number.company_id", "tax_number.id"],
            name=op.f("fk_tax_number_check_company_id_number_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_tax_number_check")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("tax_number_check", schema=None) as batch_op:
        batch_op.create_index(
            "ix_tax_number_check_number_id", ["company_id", "number_id"], unique=False
        )

    op.create_table(
        "orders_tax",
        sa.Column("buyer", sa.Text(), nullable=False),
        sa.Column("number_id", db.BigInt, nullable=True),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("postcode", sa.Text(), nullable=False),
        sa.Column("ship_from", sa.Text(), nullable=False),
        sa.Column("from_region", sa.Text(), nullable=False),
        sa.Column("paid_on", db.Day(), nullable=True),
        sa.Column("ioss_number", sa.Text(), nullable=False),
        sa.Column("collector", sa.Text(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("consignment_value", db.BigInt, nullable=True),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "id"],
            ["orders_order.company_id", "orders_order.id"],
            name=op.f("fk_orders_tax_company_id_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "number_id"],
            ["tax_number.company_id", "tax_number.id"],
            name=op.f("fk_orders_tax_company_id_number_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_orders_tax")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("orders_tax", schema=None) as batch_op:
        batch_op.create_index(
            "ix_orders_tax_number_id",
            ["company_id", "number_id"],
            unique=False,
            sqlite_where=sa.text("number_id IS NOT NULL"),
            postgresql_where=sa.text("number_id IS NOT NULL"),
        )

    with op.batch_alter_table("orders_line", schema=None) as batch_op:
        batch_op.add_column(sa.Column("platform_tax", db.BigInt, nullable=True))

    with op.batch_alter_table("stock_warehouse", schema=None) as batch_op:
        batch_op.add_column(sa.Column("region", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("stock_warehouse", schema=None) as batch_op:
        batch_op.drop_column("region")

    with op.batch_alter_table("orders_line", schema=None) as batch_op:
        batch_op.drop_column("platform_tax")

    with op.batch_alter_table("orders_tax", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_orders_tax_number_id",
            sqlite_where=sa.text("number_id IS NOT NULL"),
            postgresql_where=sa.text("number_id IS NOT NULL"),
        )

    op.drop_table("orders_tax")
    with op.batch_alter_table("tax_number_check", schema=None) as batch_op:
        batch_op.drop_index("ix_tax_number_check_number_id")

    op.drop_table("tax_number_check")
    with op.batch_alter_table("tax_number", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_tax_number_due",
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )

    op.drop_table("tax_number")
