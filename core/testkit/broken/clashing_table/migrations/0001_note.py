"""Make a table of `healthy`."""

import sqlalchemy as sa
from alembic import op

revision = "clashing_table_0001"
down_revision = None


def upgrade() -> None:
    """Make what is not its own."""
    op.create_table("healthy__note", sa.Column("text", sa.Text(), primary_key=True))


def downgrade() -> None:
    """Take the table away."""
    op.drop_table("healthy__note")
