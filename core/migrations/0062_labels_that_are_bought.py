"""Keep the labels that are bought for parcels, their files, and where parcels leave from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0062"
down_revision = "core_0061"

S, L, F = "labelling_sender", "labelling_label", "labelling_file"
ADDRESS = ("name", "company", "street", "district", "city", "region", "postcode", "phone", "email")


def upgrade() -> None:
    op.create_table(
        S,
        *_keys(),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ADDRESS),
        sa.Column("row_version", db.BigInt, nullable=False),
        _belongs(S, "id", "stock_warehouse"),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f(f"pk_{S}")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_table(
        L,
        *_keys(),
        sa.Column("order_id", db.BigInt, nullable=False),
        sa.Column("warehouse_id", db.BigInt, nullable=False),
        sa.Column("connection_id", db.BigInt, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("lines", db.Json(), nullable=False),
        sa.Column("parcel", db.Json(), nullable=False),
        sa.Column("offer", db.Json(), nullable=False),
        *(sa.Column(n, sa.Text(), nullable=False) for n in ("ref", "carrier", "service")),
        sa.Column("tracking", sa.Text(), nullable=False),
        sa.Column("price", db.BigInt, nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("booked", db.BigInt, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("attempts", db.BigInt, nullable=False),
        sa.Column("bought_at", db.UtcDateTime(), nullable=True),
        sa.Column("voided_at", db.UtcDateTime(), nullable=True),
        sa.Column("row_version", db.BigInt, nullable=False),
        _belongs(L, "order_id", "orders_order"),
        _belongs(L, "warehouse_id", "stock_warehouse"),
        sa.ForeignKeyConstraint(
            ["company_id", "connection_id"],
            ["kernel_connection.company_id", "kernel_connection.id"],
            name=op.f(f"fk_{L}_company_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f(f"pk_{L}")),
        sa.UniqueConstraint(
            "company_id", "connection_id", "key", name=op.f(f"uq_{L}_company_id_connection_id_key")
        ),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )
    op.create_index(f"ix_{L}_order_id", L, ["company_id", "order_id"])
    op.create_index(f"ix_{L}_state", L, ["connection_id", "state", "id"])
    op.create_table(
        F,
        *_keys(),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("kind", "sealed", "key_id")),
        _belongs(F, "id", L, ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f(f"pk_{F}")),
        sqlite_strict=True,
        sqlite_with_rowid=True,
    )


def _keys() -> tuple[sa.Column[int], ...]:
    return tuple(
        sa.Column(name, db.BigInt, autoincrement=False, nullable=False)
        for name in ("company_id", "id")
    )


def _belongs(
    table: str, column: str, to: str, ondelete: str | None = None
) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["company_id", column],
        [f"{to}.company_id", f"{to}.id"],
        name=op.f(f"fk_{table}_company_id_{column}"),
        ondelete=ondelete,
    )


def downgrade() -> None:
    for name in (F, L, S):
        op.drop_table(name)
