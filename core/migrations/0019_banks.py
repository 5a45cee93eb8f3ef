"""Keep the statements of banks and wallets, and the payouts that arrived there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0019"
down_revision = "core_0018"


def upgrade() -> None:
    op.create_table(
        "banking_profile",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("layout", db.Json(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_banking_profile_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_banking_profile")),
        sa.UniqueConstraint("company_id", "name", name=op.f("uq_banking_profile_company_id_name")),
        sqlite_strict=True,
    )
    op.create_table(
        "banking_line",
        sa.Column("profile_id", db.BigInt, nullable=False),
        sa.Column("import_id", db.BigInt, nullable=False),
        sa.Column("line_number", db.BigInt, nullable=False),
        sa.Column("fingerprint", db.BigInt, nullable=False),
        sa.Column("occurrence", db.BigInt, nullable=False),
        sa.Column("booked_on", db.Day(), nullable=False),
        sa.Column("amount", db.BigInt, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("item_key", sa.Text(), nullable=True),
        sa.Column("entry_id", db.BigInt, nullable=True),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "import_id"],
            ["channels_import.company_id", "channels_import.id"],
            name=op.f("fk_banking_line_company_id_import_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "profile_id"],
            ["banking_profile.company_id", "banking_profile.id"],
            name=op.f("fk_banking_line_company_id_profile_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_banking_line")),
        sa.UniqueConstraint(
            "company_id",
            "profile_id",
            "fingerprint",
            "occurrence",
            name=op.f("uq_banking_line_company_id_profile_id_fingerprint_occurrence"),
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("banking_line", schema=None) as batch_op:
        batch_op.create_index(
            "ix_banking_line_open",
            ["company_id", "profile_id"],
            unique=False,
            sqlite_where=sa.text("item_key IS NULL"),
            postgresql_where=sa.text("item_key IS NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("banking_line", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_banking_line_open",
            sqlite_where=sa.text("item_key IS NULL"),
            postgresql_where=sa.text("item_key IS NULL"),
        )

    op.drop_table("banking_line")
    op.drop_table("banking_profile")
