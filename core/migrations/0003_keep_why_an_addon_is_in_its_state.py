"""Keep why an addon is in its state."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "core_0003"
down_revision = "core_0002"


def upgrade() -> None:
    with op.batch_alter_table("kernel_addon", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reason", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("kernel_addon", schema=None) as batch_op:
        batch_op.drop_column("reason")
