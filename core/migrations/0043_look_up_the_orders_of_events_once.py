"""Look up the orders of events, and the orders and lines of estimates, once for each statement."""

from __future__ import annotations

from alembic import op

from core.ledger import guards

revision = "core_0043"
down_revision = "core_0042"


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        guards.drop_replaced_keys(connection)
    guards.create_guards(connection)


def downgrade() -> None:
    # The migration before puts every foreign key back, these too.
    pass
