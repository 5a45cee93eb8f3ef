"""Keep when an order was invoiced, where that was before its goods left."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0046"
down_revision = "core_0045"


def upgrade() -> None:
    with op.batch_alter_table("orders_tax", schema=None) as batch_op:
        batch_op.add_column(sa.Column("invoiced_on", db.Day(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("orders_tax", schema=None) as batch_op:
        batch_op.drop_column("invoiced_on")
