"""Price the parts of bundles, so that what a bundle earned can be split among them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0038"
down_revision = "core_0037"


def upgrade() -> None:
    op.add_column(
        "catalog_component",
        sa.Column("price", db.BigInt, server_default=sa.text("0"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("catalog_component", "price")
