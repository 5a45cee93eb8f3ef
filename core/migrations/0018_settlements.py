"""Keep settlements as they came, how their rows were booked, and what fees were estimated at."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db
from core.ledger import guards

revision = "core_0018"
down_revision = "core_0017"


def upgrade() -> None:
    op.create_table(
        "fees_meaning",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("version", db.BigInt, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code_group", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("since", db.Day(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", db.UtcDateTime(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_fees_meaning_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_fees_meaning")),
        sa.UniqueConstraint(
            "company_id",
            "platform",
            "version",
            name=op.f("uq_fees_meaning_company_id_platform_version"),
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "settlements_statement",
        sa.Column("import_id", db.BigInt, nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("external_ref", sa.Text(), nullable=False),
        sa.Column("rejection", db.BigInt, nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("started_at", db.UtcDateTime(), nullable=False),
        sa.Column("ended_at", db.UtcDateTime(), nullable=False),
        sa.Column("matched_on", db.Day(), nullable=False),
        sa.Column("deposited_on", db.Day(), nullable=True),
        sa.Column("total_amount", db.BigInt, nullable=False),
        sa.Column("sum_amount", db.BigInt, nullable=False),
        sa.Column("row_count", db.BigInt, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("order_platform", sa.Text(), nullable=False),
        sa.Column("order_account", sa.Text(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "import_id"],
            ["channels_import.company_id", "channels_import.id"],
            name=op.f("fk_settlements_statement_company_id_import_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_settlements_statement")),
        sa.UniqueConstraint(
            "company_id",
            "platform",
            "account",
            "external_ref",
            "rejection",
            name="uq_settlements_statement_key",
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("settlements_statement", schema=None) as batch_op:
        batch_op.create_index(
            "ix_settlements_statement_recent", ["company_id", "ended_at", "id"], unique=False
        )

    op.create_table(
        "fees_estimate",
        sa.Column("order_id", db.BigInt, nullable=False),
        sa.Column("line_id", db.BigInt, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("estimated_amount", db.BigInt, nullable=False),
        sa.Column("open_amount", db.BigInt, nullable=False),
        sa.Column("actual_amount", db.BigInt, nullable=False),
        sa.Column("estimator", sa.Text(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "line_id"],
            ["orders_line.company_id", "orders_line.id"],
            name=op.f("fk_fees_estimate_company_id_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "order_id"],
            ["orders_order.company_id", "orders_order.id"],
            name=op.f("fk_fees_estimate_company_id_order_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_fees_estimate")),
        sa.UniqueConstraint(
            "company_id",
            "order_id",
            "line_id",
            "account",
            name=op.f("uq_fees_estimate_company_id_order_id_line_id_account"),
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "settlements_row",
        sa.Column("statement_id", db.BigInt, nullable=False),
        sa.Column("line_number", db.BigInt, nullable=False),
        sa.Column("fingerprint", db.BigInt, nullable=False),
        sa.Column("occurrence", db.BigInt, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code_group", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("amount", db.BigInt, nullable=False),
        sa.Column("posted_at", db.UtcDateTime(), nullable=False),
        sa.Column("posted_on", db.Day(), nullable=False),
        sa.Column("order_ref", sa.Text(), nullable=False),
        sa.Column("item_ref", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("shipment_ref", sa.Text(), nullable=False),
        sa.Column("marketplace", sa.Text(), nullable=False),
        sa.Column("quantity", db.BigInt, nullable=True),
        sa.Column("deferred", db.Flag(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "statement_id"],
            ["settlements_statement.company_id", "settlements_statement.id"],
            name=op.f("fk_settlements_row_company_id_statement_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_settlements_row")),
        sa.UniqueConstraint(
            "company_id",
            "statement_id",
            "fingerprint",
            "occurrence",
            name="uq_settlements_row_content",
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("settlements_row", schema=None) as batch_op:
        batch_op.create_index(
            "ix_settlements_row_order",
            ["company_id", "statement_id", "order_ref", "id"],
            unique=False,
        )

    op.create_table(
        "settlements_booking",
        sa.Column("statement_id", db.BigInt, nullable=False),
        sa.Column("entry_id", db.BigInt, nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("dictionary", sa.Text(), nullable=False),
        sa.Column("order_id", db.BigInt, nullable=True),
        sa.Column("line_id", db.BigInt, nullable=True),
        sa.Column("sku_id", db.BigInt, nullable=True),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "id"],
            ["settlements_row.company_id", "settlements_row.id"],
            name=op.f("fk_settlements_booking_company_id_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "statement_id"],
            ["settlements_statement.company_id", "settlements_statement.id"],
            name=op.f("fk_settlements_booking_company_id_statement_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_settlements_booking")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("settlements_booking", schema=None) as batch_op:
        batch_op.create_index(
            "ix_settlements_booking_suspense",
            ["company_id", "statement_id"],
            unique=False,
            sqlite_where=sa.text("outcome = 'suspense'"),
            postgresql_where=sa.text("outcome = 'suspense'"),
        )
    guards.create_guards(op.get_bind())


def downgrade() -> None:
    with op.batch_alter_table("settlements_booking", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_settlements_booking_suspense",
            sqlite_where=sa.text("outcome = 'suspense'"),
            postgresql_where=sa.text("outcome = 'suspense'"),
        )

    op.drop_table("settlements_booking")
    with op.batch_alter_table("settlements_row", schema=None) as batch_op:
        batch_op.drop_index("ix_settlements_row_order")

    op.drop_table("settlements_row")
    op.drop_table("fees_estimate")
    with op.batch_alter_table("settlements_statement", schema=None) as batch_op:
        batch_op.drop_index("ix_settlements_statement_recent")

    op.drop_table("settlements_statement")
    op.drop_table("fees_meaning")
