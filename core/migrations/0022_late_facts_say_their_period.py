"""Late facts say their period."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db
from core.ledger import guards

revision = "core_0022"
down_revision = "core_0021"


def upgrade() -> None:
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.add_column(sa.Column("attributed_on", db.Day(), nullable=True))
        batch_op.create_index(
            "ix_ledger_entry_attributed",
            ["company_id", "attributed_on"],
            unique=False,
            sqlite_where=sa.text("attributed_on IS NOT NULL"),
            postgresql_where=sa.text("attributed_on IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_ledger_entry_reverses",
            ["company_id", "reverses_id"],
            unique=True,
            sqlite_where=sa.text("reverses_id IS NOT NULL"),
            postgresql_where=sa.text("reverses_id IS NOT NULL"),
        )

    with op.batch_alter_table("ledger_period", schema=None) as batch_op:
        batch_op.add_column(sa.Column("changed_at", db.UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column("changed_by", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("reason", sa.Text(), nullable=True))

    # The trigger that refuses entries of closed months is new.
    guards.create_guards(op.get_bind())


def downgrade() -> None:
    guards.drop_open_guard(op.get_bind())
    with op.batch_alter_table("ledger_period", schema=None) as batch_op:
        batch_op.drop_column("reason")
        batch_op.drop_column("changed_by")
        batch_op.drop_column("changed_at")

    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_ledger_entry_reverses",
            sqlite_where=sa.text("reverses_id IS NOT NULL"),
            postgresql_where=sa.text("reverses_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_ledger_entry_attributed",
            sqlite_where=sa.text("attributed_on IS NOT NULL"),
            postgresql_where=sa.text("attributed_on IS NOT NULL"),
        )
        batch_op.drop_column("attributed_on")
