"""Count what the indexes hold that were made again: without, SQLite takes them for the best."""

from __future__ import annotations

from alembic import op

revision = "core_0040"
down_revision = "core_0039"

TABLES = ("orders_order", "ledger_profit")


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for table in TABLES:
        op.execute(f"ANALYZE {table}")


def downgrade() -> None:
    pass
