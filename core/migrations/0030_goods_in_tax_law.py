"""Keep what tax law wants to know of a SKU."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0030"
down_revision = "core_0029"


def upgrade() -> None:
    op.create_table(
        "tax_goods",
        sa.Column("sku_id", db.BigInt, nullable=False),
        sa.Column("hs_code", sa.Text(), nullable=False),
        sa.Column("tax_class", sa.Text(), nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "sku_id"],
            ["catalog_sku.company_id", "catalog_sku.id"],
            name=op.f("fk_tax_goods_company_id_sku_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_tax_goods")),
        sa.UniqueConstraint("company_id", "sku_id", name=op.f("uq_tax_goods_company_id_sku_id")),
        sqlite_strict=True,
    )


def downgrade() -> None:
    op.drop_table("tax_goods")
