"""Tables of the catalogue."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from core.db import Owned
from core.db import belongs_to
from core.db import table_args
from core.identity.fields import seen_with


class Sku(Owned):
    """A thing that is kept in stock, by the seller's own code (case matters)."""

    __tablename__ = "catalog_sku"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.UniqueConstraint("company_id", "code"),
    )

    code: Mapped[str]
    title: Mapped[str]
    weight_grams: Mapped[int | None]
    length_mm: Mapped[int | None]
    width_mm: Mapped[int | None]
    height_mm: Mapped[int | None]
    brand: Mapped[str | None]
    owner: Mapped[str | None]
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]
    row_version: Mapped[int] = mapped_column(default=1)


class Listing(Owned):
    """A platform's item of one seller account; `sku_id` is empty until it is mapped.

    `seller_sku` is the seller's own code for it there, which several items may share.
    """

    __tablename__ = "catalog_listing"
    __table_args__ = table_args(
        belongs_to("catalog_sku", "sku_id"),
        sa.UniqueConstraint("company_id", "platform", "account", "external_ref"),
        sa.Index("ix_catalog_listing_sku", "company_id", "sku_id"),
    )

    platform: Mapped[str]
    account: Mapped[str]
    external_ref: Mapped[str]
    title: Mapped[str]
    sku_id: Mapped[int | None]
    created_at: Mapped[datetime]
    row_version: Mapped[int] = mapped_column(default=1)
    seller_sku: Mapped[str | None]


class Component(Owned):
    """How many of a SKU a bundle is made of; a SKU with components is a bundle.

    `price` is what one unit sells for by itself, in minor units of the company without tax, 0 where
    nobody said.
    """

    __tablename__ = "catalog_component"
    __table_args__ = table_args(
        belongs_to("catalog_sku", "bundle_id"),
        belongs_to("catalog_sku", "component_id"),
        sa.UniqueConstraint("company_id", "bundle_id", "component_id"),
        sa.Index("ix_catalog_component_component", "company_id", "component_id"),
        sa.CheckConstraint("quantity > 0", name="quantity"),
        sa.CheckConstraint("bundle_id <> component_id", name="other"),
    )

    bundle_id: Mapped[int]
    component_id: Mapped[int]
    quantity: Mapped[int]
    price: Mapped[int] = mapped_column(
        default=0, server_default=sa.text("0"), info=seen_with("money.view")
    )


class Mapping(Owned):
    """Who said which SKU a platform's item stands for, and when; append-only."""

    __tablename__ = "catalog_mapping"
    __table_args__ = table_args(
        belongs_to("catalog_listing", "listing_id"),
        sa.Index("ix_catalog_mapping_listing", "company_id", "listing_id", "id"),
        clustered=True,
    )

    listing_id: Mapped[int]
    before_id: Mapped[int | None]
    after_id: Mapped[int | None]
    actor: Mapped[str]
    way: Mapped[str]
    mapped_at: Mapped[datetime]
