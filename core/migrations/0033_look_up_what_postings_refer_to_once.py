"""Look up what the postings of a statement refer to once, not for each of them."""

from __future__ import annotations

from alembic import op

from core.ledger import guards

revision = "core_0033"
down_revision = "core_0032"


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        guards.drop_replaced_keys(connection)
    guards.create_guards(connection)


def downgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        guards.drop_reference_guards(connection)
