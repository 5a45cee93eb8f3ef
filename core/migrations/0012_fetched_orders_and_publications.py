"""Fetched orders and publications."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0012"
down_revision = "core_0011"


def upgrade() -> None:
    op.create_table(
        "channels_publication",
        sa.Column("connection_id", db.BigInt, nullable=False),
        sa.Column("listing_id", db.BigInt, nullable=False),
        sa.Column("desired", db.BigInt, nullable=False),
        sa.Column("desired_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", db.BigInt, nullable=False),
        sa.Column("sent", db.BigInt, nullable=True),
        sa.Column("sent_version", db.BigInt, nullable=False),
        sa.Column("sent_at", db.UtcDateTime(), nullable=True),
        sa.Column("confirmed", db.BigInt, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "connection_id"],
            ["kernel_connection.company_id", "kernel_connection.id"],
            name=op.f("fk_channels_publication_company_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "listing_id"],
            ["catalog_listing.company_id", "catalog_listing.id"],
            name=op.f("fk_channels_publication_company_id_listing_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_channels_publication")),
        sa.UniqueConstraint(
            "company_id",
            "connection_id",
            "listing_id",
            name=op.f("uq_channels_publication_company_id_connection_id_listing_id"),
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "channels_raw_order",
        sa.Column("import_id", db.BigInt, nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("external_ref", sa.Text(), nullable=False),
        sa.Column("version_at", db.UtcDateTime(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("personal", sa.Text(), nullable=True),
        sa.Column("personal_key", sa.Text(), nullable=True),
        sa.Column("personal_until", db.Day(), nullable=True),
        sa.Column("received_at", db.UtcDateTime(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "import_id"],
            ["channels_import.company_id", "channels_import.id"],
            name=op.f("fk_channels_raw_order_company_id_import_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_channels_raw_order")),
        sa.UniqueConstraint(
            "company_id",
            "platform",
            "account",
            "external_ref",
            "sha256",
            name="uq_channels_raw_order_content",
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("channels_raw_order", schema=None) as batch_op:
        batch_op.create_index(
            "ix_channels_raw_order_personal", ["company_id", "personal_until"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("channels_raw_order", schema=None) as batch_op:
        batch_op.drop_index("ix_channels_raw_order_personal")

    op.drop_table("channels_raw_order")
    op.drop_table("channels_publication")
