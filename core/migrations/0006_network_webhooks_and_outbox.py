"""Network, webhooks, outbox and cursors."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0006"
down_revision = "core_0005"


def upgrade() -> None:
    op.create_table(
        "webhooks_refusal",
        sa.Column("addon", sa.Text(), nullable=False),
        sa.Column("connection_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("day", db.Day(), nullable=False),
        sa.Column("count", db.BigInt, nullable=False),
        sa.PrimaryKeyConstraint("addon", "connection_id", "day", name=op.f("pk_webhooks_refusal")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "http_authorisation",
        sa.Column("nonce_hash", sa.Text(), nullable=False),
        sa.Column("company_id", db.BigInt, nullable=False),
        sa.Column("connection_id", db.BigInt, nullable=False),
        sa.Column("session_hash", sa.Text(), nullable=False),
        sa.Column("expires_at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "connection_id"],
            ["kernel_connection.company_id", "kernel_connection.id"],
            name=op.f("fk_http_authorisation_company_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("nonce_hash", name=op.f("pk_http_authorisation")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("http_authorisation", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_http_authorisation_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "http_bucket",
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("connection_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("interval_us", db.BigInt, nullable=False),
        sa.Column("burst", db.BigInt, nullable=False),
        sa.Column("free_at", db.BigInt, nullable=False),
        sa.Column("rate_from", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "connection_id"],
            ["kernel_connection.company_id", "kernel_connection.id"],
            name=op.f("fk_http_bucket_company_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "company_id", "connection_id", "operation", name=op.f("pk_http_bucket")
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "http_request",
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("connection_id", db.BigInt, nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("attempt", db.BigInt, nullable=False),
        sa.Column("status", db.BigInt, nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("milliseconds", db.BigInt, nullable=False),
        sa.Column("bytes_sent", db.BigInt, nullable=False),
        sa.Column("bytes_received", db.BigInt, nullable=False),
        sa.Column("request_ref", sa.Text(), nullable=False),
        sa.Column("vendor_ref", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "connection_id"],
            ["kernel_connection.company_id", "kernel_connection.id"],
            name=op.f("fk_http_request_company_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_http_request")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("http_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_http_request_at"), ["at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_http_request_connection_id_at_id"),
            ["connection_id", "at", "id"],
            unique=False,
        )

    op.create_table(
        "kernel_cursor",
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("connection_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("value", db.Json(), nullable=False),
        sa.Column("through_at", db.UtcDateTime(), nullable=True),
        sa.Column("changed_at", db.UtcDateTime(), nullable=False),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "connection_id"],
            ["kernel_connection.company_id", "kernel_connection.id"],
            name=op.f("fk_kernel_cursor_company_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "company_id", "connection_id", "stream", name=op.f("pk_kernel_cursor")
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outbox_effect",
        sa.Column("connection_id", db.BigInt, nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("version", db.BigInt, nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("payload", db.Json(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", db.BigInt, nullable=False),
        sa.Column("due_at", db.UtcDateTime(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("sent_at", db.UtcDateTime(), nullable=True),
        sa.Column("confirmed_at", db.UtcDateTime(), nullable=True),
        sa.Column("vendor_ref", sa.Text(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "connection_id"],
            ["kernel_connection.company_id", "kernel_connection.id"],
            name=op.f("fk_outbox_effect_company_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_outbox_effect")),
        sa.UniqueConstraint(
            "connection_id",
            "operation",
            "target",
            "version",
            name=op.f("uq_outbox_effect_connection_id_operation_target_version"),
        ),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_outbox_effect_idempotency_key")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("outbox_effect", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_outbox_effect_connection_id_state_due_at"),
            ["connection_id", "state", "due_at"],
            unique=False,
        )

    op.create_table(
        "webhooks_message",
        sa.Column("connection_id", db.BigInt, nullable=False),
        sa.Column("event_key", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("headers", db.Json(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("received_at", db.UtcDateTime(), nullable=False),
        sa.Column("handled_at", db.UtcDateTime(), nullable=True),
        sa.Column("repeats", db.BigInt, nullable=False),
        sa.Column("purge_on", db.Day(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "connection_id"],
            ["kernel_connection.company_id", "kernel_connection.id"],
            name=op.f("fk_webhooks_message_company_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_webhooks_message")),
        sa.UniqueConstraint(
            "connection_id", "event_key", name=op.f("uq_webhooks_message_connection_id_event_key")
        ),
        sqlite_strict=True,
    )
    with op.batch_alter_table("webhooks_message", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_webhooks_message_connection_id_state_id"),
            ["connection_id", "state", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_webhooks_message_purge_on"), ["purge_on"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("webhooks_message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_webhooks_message_purge_on"))
        batch_op.drop_index(batch_op.f("ix_webhooks_message_connection_id_state_id"))

    op.drop_table("webhooks_message")
    with op.batch_alter_table("outbox_effect", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_effect_connection_id_state_due_at"))

    op.drop_table("outbox_effect")
    op.drop_table("kernel_cursor")
    with op.batch_alter_table("http_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_http_request_connection_id_at_id"))
        batch_op.drop_index(batch_op.f("ix_http_request_at"))

    op.drop_table("http_request")
    op.drop_table("http_bucket")
    with op.batch_alter_table("http_authorisation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_http_authorisation_expires_at"))

    op.drop_table("http_authorisation")
    op.drop_table("webhooks_refusal")
