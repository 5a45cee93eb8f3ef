"""Keep by which ticket a platform will tell what became of a quantity."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0052"
down_revision = "core_0051"


def upgrade() -> None:
    with op.batch_alter_table("publishing_target", schema=None) as batch_op:
        batch_op.add_column(sa.Column("ticket", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(
            sa.Column("ticket_version", db.BigInt, server_default="0", nullable=False)
        )


def downgrade() -> None:
    with op.batch_alter_table("publishing_target", schema=None) as batch_op:
        batch_op.drop_column("ticket_version")
        batch_op.drop_column("ticket")
