"""Count and find orders."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db
from core.orders import tallying

revision = "core_0015"
down_revision = "core_0014"


def upgrade() -> None:
    op.create_table(
        "orders_tally",
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("exception", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("slot", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("number", db.BigInt, nullable=False),
        sa.PrimaryKeyConstraint(
            "company_id",
            "kind",
            "state",
            "exception",
            "country",
            "slot",
            name=op.f("pk_orders_tally"),
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("orders_order", schema=None) as batch_op:
        batch_op.create_index(
            "ix_orders_order_country", ["company_id", "country", "ordered_at", "id"], unique=False
        )
        batch_op.create_index(
            "ix_orders_order_exception",
            ["company_id", "ordered_at", "id"],
            unique=False,
            sqlite_where=sa.text("exception IS NOT NULL"),
            postgresql_where=sa.text("exception IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_orders_order_kind", ["company_id", "kind", "ordered_at", "id"], unique=False
        )
        batch_op.create_index(
            "ix_orders_order_state", ["company_id", "state", "ordered_at", "id"], unique=False
        )
    if op.get_bind().dialect.name == "postgresql":
        op.create_index(
            "ix_orders_order_ref",
            "orders_order",
            ["company_id", "platform", "account", "external_ref"],
            postgresql_ops={"external_ref": "text_pattern_ops"},
        )
    op.execute(
        "INSERT INTO orders_tally (company_id, kind, state, exception, country, slot, number)"
        " SELECT company_id, kind, state, COALESCE(exception, ''), country, 0, COUNT(*)"
        " FROM orders_order GROUP BY company_id, kind, state, COALESCE(exception, ''), country"
    )
    tallying.create_tallies(op.get_bind())


def downgrade() -> None:
    on_table = " ON orders_order" if op.get_bind().dialect.name == "postgresql" else ""
    for act in tallying.ACTS:
        op.execute(f"DROP TRIGGER orders_tally_{act}{on_table}")
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_orders_order_ref", "orders_order")
    with op.batch_alter_table("orders_order", schema=None) as batch_op:
        batch_op.drop_index("ix_orders_order_state")
        batch_op.drop_index("ix_orders_order_kind")
        batch_op.drop_index(
            "ix_orders_order_exception",
            sqlite_where=sa.text("exception IS NOT NULL"),
            postgresql_where=sa.text("exception IS NOT NULL"),
        )
        batch_op.drop_index("ix_orders_order_country")

    op.drop_table("orders_tally")
