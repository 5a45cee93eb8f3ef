"""Keep the disputes that platforms tell of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0060"
down_revision = "core_0059"

OPEN = sa.text("state IN ('open', 'unreadable')")


def upgrade() -> None:
    op.create_table(
        "disputes_dispute",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("external_ref", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("order_ref", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("amount", db.BigInt, nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("opened_at", db.UtcDateTime(), nullable=False),
        sa.Column("answer_by", db.UtcDateTime(), nullable=True),
        sa.Column("steps", db.Json(), nullable=False),
        sa.Column("evidence", db.Json(), nullable=False),
        sa.Column("first_seen_at", db.UtcDateTime(), nullable=False),
        sa.Column("noted", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_at", db.UtcDateTime(), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=False),
        sa.Column("trying_at", db.UtcDateTime(), nullable=True),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_disputes_dispute_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_disputes_dispute")),
        sa.UniqueConstraint(
            "company_id",
            "platform",
            "account",
            "external_ref",
            name=op.f("uq_disputes_dispute_company_id_platform_account_external_ref"),
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("disputes_dispute", schema=None) as batch_op:
        batch_op.create_index(
            "ix_disputes_dispute_order",
            ["company_id", "platform", "account", "order_ref"],
            unique=False,
        )
        batch_op.create_index(
            "ix_disputes_dispute_recent", ["company_id", "opened_at", "id"], unique=False
        )
        batch_op.create_index(
            "ix_disputes_dispute_open",
            ["company_id", "opened_at", "id"],
            unique=False,
            sqlite_where=OPEN,
            postgresql_where=OPEN,
        )


def downgrade() -> None:
    op.drop_table("disputes_dispute")
