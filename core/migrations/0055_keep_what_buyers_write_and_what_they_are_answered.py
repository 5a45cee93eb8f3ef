"""Keep what buyers write and what they are answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0055"
down_revision = "core_0054"


def upgrade() -> None:
    op.create_table(
        "messages_template",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_messages_template_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_messages_template")),
        sa.UniqueConstraint(
            "company_id",
            "name",
            "language",
            name=op.f("uq_messages_template_company_id_name_language"),
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "messages_conversation",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("external_ref", sa.Text(), nullable=False),
        sa.Column("buyer_ref", sa.Text(), nullable=True),
        sa.Column("order_ref", sa.Text(), nullable=True),
        sa.Column("order_id", db.BigInt, nullable=True),
        sa.Column("listing", sa.Text(), nullable=False),
        sa.Column("waiting", db.BigInt, nullable=False),
        sa.Column("unread", db.BigInt, nullable=False),
        sa.Column("last_at", db.UtcDateTime(), nullable=False),
        sa.Column("last_in_at", db.UtcDateTime(), nullable=True),
        sa.Column("last_out_at", db.UtcDateTime(), nullable=True),
        sa.Column("answer_by", db.UtcDateTime(), nullable=True),
        sa.Column("allows", db.Json(), nullable=False),
        sa.Column("allows_at", db.UtcDateTime(), nullable=True),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "order_id"],
            ["orders_order.company_id", "orders_order.id"],
            name=op.f("fk_messages_conversation_company_id_order_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_messages_conversation_company_id")
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_messages_conversation")),
        sa.UniqueConstraint(
            "company_id", "platform", "account", "external_ref", name="uq_messages_conversation_ref"
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("messages_conversation", schema=None) as batch_op:
        batch_op.create_index(
            "ix_messages_conversation_buyer", ["company_id", "platform", "buyer_ref"], unique=False
        )
        batch_op.create_index(
            "ix_messages_conversation_order", ["company_id", "order_id"], unique=False
        )
        batch_op.create_index(
            "ix_messages_conversation_waiting",
            ["company_id", "waiting", "last_at", "id"],
            unique=False,
        )

    op.create_table(
        "messages_message",
        sa.Column("conversation_id", db.BigInt, nullable=False),
        sa.Column("external_ref", sa.Text(), nullable=True),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sent_at", db.UtcDateTime(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=True),
        sa.Column("key_id", sa.Text(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("connection_id", db.BigInt, nullable=True),
        sa.Column("forgotten_at", db.UtcDateTime(), nullable=True),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "conversation_id"],
            ["messages_conversation.company_id", "messages_conversation.id"],
            name=op.f("fk_messages_message_company_id_conversation_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_messages_message")),
        sa.UniqueConstraint(
            "company_id", "conversation_id", "external_ref", name="uq_messages_message_ref"
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("messages_message", schema=None) as batch_op:
        batch_op.create_index(
            "ix_messages_message_kept",
            ["company_id", "sent_at"],
            unique=False,
            sqlite_where=sa.text("sealed IS NOT NULL"),
            postgresql_where=sa.text("sealed IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_messages_message_told",
            ["company_id", "conversation_id", "sent_at", "id"],
            unique=False,
        )


def downgrade() -> None:
    with op.batch_alter_table("messages_message", schema=None) as batch_op:
        batch_op.drop_index("ix_messages_message_told")
        batch_op.drop_index(
            "ix_messages_message_kept",
            sqlite_where=sa.text("sealed IS NOT NULL"),
            postgresql_where=sa.text("sealed IS NOT NULL"),
        )

    op.drop_table("messages_message")
    with op.batch_alter_table("messages_conversation", schema=None) as batch_op:
        batch_op.drop_index("ix_messages_conversation_waiting")
        batch_op.drop_index("ix_messages_conversation_order")
        batch_op.drop_index("ix_messages_conversation_buyer")

    op.drop_table("messages_conversation")
    op.drop_table("messages_template")
