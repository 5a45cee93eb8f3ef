"""Keep the prices that platforms are told, and each version of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0057"
down_revision = "core_0056"


def upgrade() -> None:
    op.create_table(
        "publishing_price",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("seller_sku", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("desired", db.BigInt, nullable=False),
        sa.Column("version", db.BigInt, nullable=False),
        sa.Column("desired_at", db.UtcDateTime(), nullable=False),
        sa.Column("sent", db.BigInt, nullable=True),
        sa.Column("sent_version", db.BigInt, nullable=False),
        sa.Column("sent_at", db.UtcDateTime(), nullable=True),
        sa.Column("answered_version", db.BigInt, nullable=False),
        sa.Column("confirmed", db.BigInt, nullable=True),
        sa.Column("confirmed_at", db.UtcDateTime(), nullable=True),
        sa.Column("seen", db.BigInt, nullable=True),
        sa.Column("seen_at", db.UtcDateTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.CheckConstraint("desired > 0", name=op.f("ck_publishing_price_desired")),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_publishing_price_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_publishing_price")),
        sa.UniqueConstraint(
            "company_id",
            "platform",
            "account",
            "seller_sku",
            name=op.f("uq_publishing_price_company_id_platform_account_seller_sku"),
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("publishing_price", schema=None) as batch_op:
        batch_op.create_index(
            "ix_publishing_price_code", ["company_id", "seller_sku", "id"], unique=False
        )
    op.create_table(
        "publishing_price_told",
        sa.Column("price_id", db.BigInt, nullable=False),
        sa.Column("version", db.BigInt, nullable=False),
        sa.Column("amount", db.BigInt, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("decided_at", db.UtcDateTime(), nullable=False),
        sa.Column("sent_at", db.UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "price_id"],
            ["publishing_price.company_id", "publishing_price.id"],
            name=op.f("fk_publishing_price_told_company_id_price_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_publishing_price_told")),
        sa.UniqueConstraint(
            "company_id",
            "price_id",
            "version",
            name=op.f("uq_publishing_price_told_company_id_price_id_version"),
        ),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("publishing_price_told")
    op.drop_table("publishing_price")
