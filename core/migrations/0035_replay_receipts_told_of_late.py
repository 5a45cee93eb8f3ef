"""Say what a receipt that is told of late does to what left since."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "core_0035"
down_revision = "core_0034"


def upgrade() -> None:
    op.add_column(
        "kernel_company",
        sa.Column("backdating", sa.Text(), server_default="freeze", nullable=False),
    )


def downgrade() -> None:
    op.drop_column("kernel_company", "backdating")
