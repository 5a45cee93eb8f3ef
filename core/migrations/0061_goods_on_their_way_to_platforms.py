"""Keep the plans by which goods go to the warehouses of platforms, and each of their steps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0061"
down_revision = "core_0060"

PLAN, STEP = "inbound_plan", "inbound_operation"


def upgrade() -> None:
    op.create_table(
        PLAN,
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("connection_id", db.BigInt, nullable=False),
        sa.Column("transfer_id", db.BigInt, nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("key", "external_ref", "state", "act", "reason")
        ),
        sa.Column("origin", db.Json(), nullable=False),
        sa.Column("ready_on", db.Day(), nullable=False),
        *(
            sa.Column(name, db.Json(), nullable=False)
            for name in (
                *("lines", "groups", "boxes", "options", "choices"),
                *("fees", "shipments", "tracking"),
            )
        ),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("moved_at", db.UtcDateTime(), nullable=False),
        sa.Column("closed_at", db.UtcDateTime(), nullable=True),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "transfer_id"],
            ["warehousing_transfer.company_id", "warehousing_transfer.id"],
            name=op.f(f"fk_{PLAN}_company_id_transfer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "connection_id"],
            ["kernel_connection.company_id", "kernel_connection.id"],
            name=op.f(f"fk_{PLAN}_company_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f(f"pk_{PLAN}")),
        sa.UniqueConstraint("company_id", "key", name=op.f(f"uq_{PLAN}_company_id_key")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index(f"ix_{PLAN}_state", PLAN, ["company_id", "state", "id"])
    op.create_table(
        STEP,
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("plan_id", db.BigInt, nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("act", "shipment", "state", "ticket", "reason")
        ),
        sa.Column("began_at", db.UtcDateTime(), nullable=False),
        sa.Column("ended_at", db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id", "plan_id"],
            [f"{PLAN}.company_id", f"{PLAN}.id"],
            name=op.f(f"fk_{STEP}_company_id_plan_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f(f"pk_{STEP}")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index(f"ix_{STEP}_plan", STEP, ["company_id", "plan_id", "id"])


def downgrade() -> None:
    op.drop_table(STEP)
    op.drop_table(PLAN)
