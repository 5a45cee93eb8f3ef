"""Share costs without an order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db
from core.ledger import guards

revision = "core_0026"
down_revision = "core_0025"


def upgrade() -> None:
    op.create_table(
        "allocation_share",
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("run_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("pool_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("seq", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("month", db.Day(), nullable=False),
        sa.Column("account_id", db.BigInt, nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("shop_id", db.BigInt, nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("order_id", db.BigInt, nullable=True),
        sa.Column("line_id", db.BigInt, nullable=True),
        sa.Column("sku_id", db.BigInt, nullable=True),
        sa.Column("weight", db.BigInt, nullable=False),
        sa.Column("amount", db.BigInt, nullable=False),
        sa.PrimaryKeyConstraint(
            "company_id", "run_id", "pool_id", "seq", "month", name=op.f("pk_allocation_share")
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("allocation_share", schema=None) as batch_op:
        batch_op.create_index("ix_allocation_share_order", ["company_id", "order_id"], unique=False)

    op.create_table(
        "allocation_rule",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", db.BigInt, nullable=False),
        sa.Column("since", db.Day(), nullable=False),
        sa.Column("terms", db.Json(), nullable=False),
        sa.Column("made_at", db.UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_allocation_rule_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_allocation_rule")),
        sa.UniqueConstraint(
            "company_id", "code", "version", name=op.f("uq_allocation_rule_company_id_code_version")
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "allocation_run",
        sa.Column("number", db.BigInt, nullable=False),
        sa.Column("first_month", db.Day(), nullable=False),
        sa.Column("last_month", db.Day(), nullable=False),
        sa.Column("rules", db.Json(), nullable=False),
        sa.Column("made_at", db.UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_allocation_run_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_allocation_run")),
        sa.UniqueConstraint(
            "company_id", "number", name=op.f("uq_allocation_run_company_id_number")
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "allocation_pool",
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("run_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("version", db.BigInt, nullable=False),
        sa.Column("account_id", db.BigInt, nullable=False),
        sa.Column("shop_id", db.BigInt, nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("sku_id", db.BigInt, nullable=True),
        sa.Column("settlement", sa.Text(), nullable=False),
        sa.Column("amount", db.BigInt, nullable=False),
        sa.Column("not_allocated", db.BigInt, nullable=False),
        sa.Column("sku_driver", sa.Text(), nullable=False),
        sa.Column("order_driver", sa.Text(), nullable=False),
        sa.Column("total_weight", db.BigInt, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "account_id"],
            ["ledger_account.company_id", "ledger_account.id"],
            name=op.f("fk_allocation_pool_company_id_account_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "run_id", "id", name=op.f("pk_allocation_pool")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "allocation_detail",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("month", db.Day(), nullable=False),
        sa.Column("scope_id", db.BigInt, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("order_ref", sa.Text(), nullable=False),
        sa.Column("shop_id", db.BigInt, nullable=True),
        sa.Column("sku_id", db.BigInt, nullable=True),
        sa.Column("order_id", db.BigInt, nullable=True),
        sa.Column("weight", db.BigInt, nullable=False),
        sa.Column("import_id", db.BigInt, nullable=False),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "import_id"],
            ["channels_import.company_id", "channels_import.id"],
            name=op.f("fk_allocation_detail_company_id_import_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "sku_id"],
            ["catalog_sku.company_id", "catalog_sku.id"],
            name=op.f("fk_allocation_detail_company_id_sku_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_allocation_detail")),
        sa.UniqueConstraint(
            "company_id",
            "kind",
            "month",
            "scope_id",
            "code",
            "order_ref",
            name=op.f("uq_allocation_detail_company_id_kind_month_scope_id_code_order_ref"),
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )

    # Rules, runs and shares stay as they were made.
    guards.create_guards(op.get_bind())


def downgrade() -> None:
    op.drop_table("allocation_detail")
    op.drop_table("allocation_pool")
    op.drop_table("allocation_run")
    op.drop_table("allocation_rule")
    with op.batch_alter_table("allocation_share", schema=None) as batch_op:
        batch_op.drop_index("ix_allocation_share_order")

    op.drop_table("allocation_share")
