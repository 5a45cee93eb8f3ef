"""Jobs, their workers and schedules; on PostgreSQL the tables of Procrastinate too."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0005"
down_revision = "core_0004"


# Whatever its version has made: it owns every name that begins with its own.
REMOVE = """
DO $$
DECLARE
    thing record;
BEGIN
    FOR thing IN SELECT tablename AS name FROM pg_tables
        WHERE schemaname = current_schema() AND tablename LIKE 'procrastinate\\_%'
    LOOP
        EXECUTE format('DROP TABLE %I CASCADE', thing.name);
    END LOOP;
    FOR thing IN SELECT oid::regprocedure AS name FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'procrastinate\\_%'
    LOOP
        EXECUTE format('DROP FUNCTION %s CASCADE', thing.name);
    END LOOP;
    FOR thing IN SELECT typname AS name FROM pg_type
        WHERE typnamespace = current_schema()::regnamespace
        AND typname LIKE 'procrastinate\\_%' AND typtype IN ('e', 'c')
    LOOP
        EXECUTE format('DROP TYPE %I CASCADE', thing.name);
    END LOOP;
END;
$$;
"""


def upgrade() -> None:
    op.create_table(
        "kernel_firing",
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("fire_at", db.UtcDateTime(), nullable=False),
        sa.Column("job_id", db.BigInt, nullable=True),
        sa.PrimaryKeyConstraint("schedule", "fire_at", name=op.f("pk_kernel_firing")),
        sqlite_strict=True,
    )
    op.create_table(
        "kernel_job",
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("company_id", db.BigInt, nullable=True),
        sa.Column("connection_id", db.BigInt, nullable=True),
        sa.Column("addon", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("args", db.Json(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("priority", db.BigInt, nullable=False),
        sa.Column("lock", sa.Text(), nullable=True),
        sa.Column("unique_waiting", sa.Text(), nullable=True),
        sa.Column("unique_active", sa.Text(), nullable=True),
        sa.Column("schedule", sa.Text(), nullable=True),
        sa.Column("due_at", db.UtcDateTime(), nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("started_at", db.UtcDateTime(), nullable=True),
        sa.Column("ended_at", db.UtcDateTime(), nullable=True),
        sa.Column("attempts", db.BigInt, nullable=False),
        sa.Column("max_attempts", db.BigInt, nullable=False),
        sa.Column("losses", db.BigInt, nullable=False),
        sa.Column("token", db.BigInt, nullable=False),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("lease_until", db.UtcDateTime(), nullable=True),
        sa.Column("renewed_at", db.UtcDateTime(), nullable=True),
        sa.Column("cancel_asked", db.Flag(), nullable=False),
        sa.Column("progress_done", db.BigInt, nullable=True),
        sa.Column("progress_total", db.BigInt, nullable=True),
        sa.Column("progress_text", sa.Text(), nullable=True),
        sa.Column("result", db.Json(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("traceback", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kernel_job")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("kernel_job", schema=None) as batch_op:
        batch_op.create_index(
            "ix_kernel_job_queue",
            ["priority", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )
        batch_op.create_index(
            "ix_kernel_job_running",
            ["lease_until"],
            unique=False,
            sqlite_where=sa.text("state = 'running'"),
            postgresql_where=sa.text("state = 'running'"),
        )
        batch_op.create_index("ix_kernel_job_state_id", ["state", "id"], unique=False)
        batch_op.create_index(
            "uq_kernel_job_lock",
            ["lock"],
            unique=True,
            sqlite_where=sa.text("state IN ('running')"),
            postgresql_where=sa.text("state IN ('running')"),
        )
        batch_op.create_index(
            "uq_kernel_job_unique_active",
            ["unique_active"],
            unique=True,
            sqlite_where=sa.text("state IN ('waiting', 'running')"),
            postgresql_where=sa.text("state IN ('waiting', 'running')"),
        )
        batch_op.create_index(
            "uq_kernel_job_unique_waiting",
            ["unique_waiting"],
            unique=True,
            sqlite_where=sa.text("state IN ('waiting')"),
            postgresql_where=sa.text("state IN ('waiting')"),
        )

    op.create_table(
        "kernel_schedule",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("addon", sa.Text(), nullable=False),
        sa.Column("connection_id", db.BigInt, nullable=True),
        sa.Column("timing", sa.Text(), nullable=True),
        sa.Column("paused", db.Flag(), nullable=False),
        sa.Column("paused_reason", sa.Text(), nullable=True),
        sa.Column("failures", db.BigInt, nullable=False),
        sa.Column("failing_since", db.UtcDateTime(), nullable=True),
        sa.Column("known_since", db.UtcDateTime(), nullable=False),
        sa.Column("fired_at", db.UtcDateTime(), nullable=True),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_kernel_schedule")),
        sqlite_strict=True,
    )
    op.create_table(
        "kernel_worker",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", db.BigInt, nullable=False),
        sa.Column("processes", db.BigInt, nullable=False),
        sa.Column("started_at", db.UtcDateTime(), nullable=False),
        sa.Column("alive_at", db.UtcDateTime(), nullable=False),
        sa.Column("scheduler_at", db.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_kernel_worker")),
        sqlite_strict=True,
    )

    if op.get_bind().dialect.name == "postgresql":
        # Imported here: an installation on SQLite need not have it.
        from procrastinate.schema import SchemaManager

        _driver().execute(SchemaManager.get_schema())


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _driver().execute(REMOVE)
    op.drop_table("kernel_worker")
    op.drop_table("kernel_schedule")
    with op.batch_alter_table("kernel_job", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_kernel_job_unique_waiting",
            sqlite_where=sa.text("state IN ('waiting')"),
            postgresql_where=sa.text("state IN ('waiting')"),
        )
        batch_op.drop_index(
            "uq_kernel_job_unique_active",
            sqlite_where=sa.text("state IN ('waiting', 'running')"),
            postgresql_where=sa.text("state IN ('waiting', 'running')"),
        )
        batch_op.drop_index(
            "uq_kernel_job_lock",
            sqlite_where=sa.text("state IN ('running')"),
            postgresql_where=sa.text("state IN ('running')"),
        )
        batch_op.drop_index("ix_kernel_job_state_id")
        batch_op.drop_index(
            "ix_kernel_job_running",
            sqlite_where=sa.text("state = 'running'"),
            postgresql_where=sa.text("state = 'running'"),
        )
        batch_op.drop_index(
            "ix_kernel_job_queue",
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )

    op.drop_table("kernel_job")
    op.drop_table("kernel_firing")


def _driver() -> Any:
    """Return psycopg's connection: the script has many statements, and percent signs."""
    return op.get_bind().connection.driver_connection
