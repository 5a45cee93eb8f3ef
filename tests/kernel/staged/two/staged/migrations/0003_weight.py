"""Weigh things."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import api

revision = "staged_0003"
down_revision = "staged_0002"


def upgrade() -> None:
    with op.batch_alter_table("staged__thing") as batch_op:
        batch_op.add_column(sa.Column("weight", api.BigInt, nullable=True))
        batch_op.create_index("ix_staged__thing_weight", ["weight"])


def downgrade() -> None:
    with op.batch_alter_table("staged__thing") as batch_op:
        batch_op.drop_index("ix_staged__thing_weight")
        batch_op.drop_column("weight")
