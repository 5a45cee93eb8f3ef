"""Look up listings and bundles by the SKU that they stand for or hold."""

from __future__ import annotations

from alembic import op

revision = "core_0045"
down_revision = "core_0044"


def upgrade() -> None:
    with op.batch_alter_table("catalog_component", schema=None) as batch_op:
        batch_op.create_index(
            "ix_catalog_component_component", ["company_id", "component_id"], unique=False
        )

    with op.batch_alter_table("catalog_listing", schema=None) as batch_op:
        batch_op.create_index("ix_catalog_listing_sku", ["company_id", "sku_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("catalog_listing", schema=None) as batch_op:
        batch_op.drop_index("ix_catalog_listing_sku")

    with op.batch_alter_table("catalog_component", schema=None) as batch_op:
        batch_op.drop_index("ix_catalog_component_component")
