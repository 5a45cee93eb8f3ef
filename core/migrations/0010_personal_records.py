"""Keep who orders go to apart from the orders, sealed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0010"
down_revision = "core_0009"


def upgrade() -> None:
    op.create_table(
        "privacy_retention",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("days", db.BigInt, nullable=False),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.CheckConstraint("days >= 0", name=op.f("ck_privacy_retention_days")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_privacy_retention_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_privacy_retention")),
        sa.UniqueConstraint(
            "company_id", "platform", name=op.f("uq_privacy_retention_company_id_platform")
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "privacy_record",
        sa.Column("received", sa.Text(), nullable=True),
        sa.Column("edited", sa.Text(), nullable=True),
        sa.Column("key_id", sa.Text(), nullable=True),
        sa.Column("email_index", sa.Text(), nullable=True),
        sa.Column("phone_index", sa.Text(), nullable=True),
        sa.Column("address_index", sa.Text(), nullable=True),
        sa.Column("flags", db.Json(), nullable=False),
        sa.Column("problems", db.Json(), nullable=False),
        sa.Column("received_at", db.UtcDateTime(), nullable=False),
        sa.Column("forget_on", db.Day(), nullable=True),
        sa.Column("forgotten_at", db.UtcDateTime(), nullable=True),
        sa.Column("forgotten_why", sa.Text(), nullable=True),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "id"],
            ["orders_order.company_id", "orders_order.id"],
            name=op.f("fk_privacy_record_company_id_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_privacy_record")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("privacy_record", schema=None) as batch_op:
        batch_op.create_index(
            "ix_privacy_record_address_index",
            ["company_id", "address_index"],
            unique=False,
            sqlite_where=sa.text("address_index IS NOT NULL"),
            postgresql_where=sa.text("address_index IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_privacy_record_email_index",
            ["company_id", "email_index"],
            unique=False,
            sqlite_where=sa.text("email_index IS NOT NULL"),
            postgresql_where=sa.text("email_index IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_privacy_record_kept",
            ["company_id", "id"],
            unique=False,
            sqlite_where=sa.text("forgotten_at IS NULL"),
            postgresql_where=sa.text("forgotten_at IS NULL"),
        )
        batch_op.create_index(
            "ix_privacy_record_phone_index",
            ["company_id", "phone_index"],
            unique=False,
            sqlite_where=sa.text("phone_index IS NOT NULL"),
            postgresql_where=sa.text("phone_index IS NOT NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("privacy_record", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_privacy_record_phone_index",
            sqlite_where=sa.text("phone_index IS NOT NULL"),
            postgresql_where=sa.text("phone_index IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_privacy_record_kept",
            sqlite_where=sa.text("forgotten_at IS NULL"),
            postgresql_where=sa.text("forgotten_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_privacy_record_email_index",
            sqlite_where=sa.text("email_index IS NOT NULL"),
            postgresql_where=sa.text("email_index IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_privacy_record_address_index",
            sqlite_where=sa.text("address_index IS NOT NULL"),
            postgresql_where=sa.text("address_index IS NOT NULL"),
        )

    op.drop_table("privacy_record")
    op.drop_table("privacy_retention")
