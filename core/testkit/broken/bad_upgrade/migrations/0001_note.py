"""Make a table and fail."""

import sqlalchemy as sa
from alembic import op

revision = "bad_upgrade_0001"
down_revision = None


def upgrade() -> None:
    """Fail half-way."""
    op.create_table("bad_upgrade__note", sa.Column("text", sa.Text(), primary_key=True))
    raise RuntimeError("half-way")


def downgrade() -> None:
    """Take the table away."""
    op.drop_table("bad_upgrade__note")
