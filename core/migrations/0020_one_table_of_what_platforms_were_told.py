"""Keep what platforms were told of stock in one table."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db

revision = "core_0020"
down_revision = "core_0019"

# Of listings that share a seller SKU the one that was told last counts; where a target is there
# already it is the newer account of the same thing.
CARRY = """
INSERT INTO publishing_target (
    company_id, id, platform, account, seller_sku, location, sku_id, desired, version,
    desired_at, sent, sent_version, sent_at, confirmed, confirmed_at, error
)
SELECT told.company_id, told.id, told.platform, told.account, told.code, '', told.sku_id,
    told.desired, told.version, told.desired_at, told.sent, told.sent_version, told.sent_at,
    told.confirmed, CASE WHEN told.confirmed IS NOT NULL THEN told.sent_at END, told.error
FROM (
    SELECT p.company_id, p.id, l.platform, l.account, l.sku_id, p.version, p.desired_at, p.sent,
        COALESCE(l.seller_sku, l.external_ref) AS code,
        CASE WHEN p.desired < 0 THEN 0 ELSE p.desired END AS desired,
        p.sent_version, p.sent_at, p.confirmed, COALESCE(p.error, '') AS error,
        ROW_NUMBER() OVER (
            PARTITION BY l.company_id, l.platform, l.account, COALESCE(l.seller_sku, l.external_ref)
            ORDER BY p.desired_at DESC, p.id
        ) AS place
    FROM channels_publication p
    JOIN catalog_listing l ON l.company_id = p.company_id AND l.id = p.listing_id
    WHERE l.sku_id IS NOT NULL
) AS told
WHERE told.place = 1 AND NOT EXISTS (
    SELECT 1 FROM publishing_target t WHERE t.company_id = told.company_id
    AND t.platform = told.platform AND t.account = told.account AND t.seller_sku = told.code
    AND t.location = ''
)
"""


def upgrade() -> None:
    op.execute(CARRY)
    op.drop_table("channels_publication")


def downgrade() -> None:
    op.create_table(
        "channels_publication",
        sa.Column("connection_id", db.BigInt, nullable=False),
        sa.Column("listing_id", db.BigInt, nullable=False),
        sa.Column("desired", db.BigInt, nullable=False),
        sa.Column("desired_at", db.UtcDateTime(), nullable=False),
        sa.Column("version", db.BigInt, nullable=False),
        sa.Column("sent", db.BigInt, nullable=True),
        sa.Column("sent_version", db.BigInt, nullable=False),
        sa.Column("sent_at", db.UtcDateTime(), nullable=True),
        sa.Column("confirmed", db.BigInt, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "connection_id"],
            ["kernel_connection.company_id", "kernel_connection.id"],
            name=op.f("fk_channels_publication_company_id_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "listing_id"],
            ["catalog_listing.company_id", "catalog_listing.id"],
            name=op.f("fk_channels_publication_company_id_listing_id"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_channels_publication")),
        sa.UniqueConstraint(
            "company_id",
            "connection_id",
            "listing_id",
            name=op.f("uq_channels_publication_company_id_connection_id_listing_id"),
        ),
        sqlite_strict=True,
    )
