"""Tables of publishing: pools of warehouses, rules in versions, targets, and what was told."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from core.db import Owned
from core.db import belongs_to
from core.db import table_args


class Pool(Owned):
    """Warehouses whose goods are sold together."""

    __tablename__ = "publishing_pool"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.UniqueConstraint("company_id", "code"),
    )

    code: Mapped[str]
    created_at: Mapped[datetime]


class PoolWarehouse(Owned):
    """A warehouse of a pool."""

    __tablename__ = "publishing_pool_warehouse"
    __table_args__ = table_args(
        belongs_to("publishing_pool", "pool_id"),
        belongs_to("stock_warehouse"),
        sa.UniqueConstraint("company_id", "pool_id", "warehouse_id"),
    )

    pool_id: Mapped[int]
    warehouse_id: Mapped[int]


class Rule(Owned):
    """One version of what holds for all, a platform, a shop (account) or a SKU there.

    Empty keys mean all; an empty value leaves it to the wider rule. A version is never changed:
    the next one ends it at `replaced_at`.
    """

    __tablename__ = "publishing_rule"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.UniqueConstraint("company_id", "platform", "account", "sku_id", "version"),
        sa.Index(
            "ix_publishing_rule_current",
            "company_id",
            "platform",
            "account",
            "sku_id",
            unique=True,
            sqlite_where=sa.text("replaced_at IS NULL"),
            postgresql_where=sa.text("replaced_at IS NULL"),
        ),
    )

    platform: Mapped[str]
    account: Mapped[str]
    sku_id: Mapped[int]
    version: Mapped[int]
    pool_id: Mapped[int | None]
    buffer: Mapped[int | None]
    share: Mapped[int | None]
    cap: Mapped[int | None]
    floor: Mapped[int | None]
    minimum: Mapped[int | None]
    last_units: Mapped[int | None]
    priority: Mapped[int | None]
    fast_minutes: Mapped[int | None]
    paused: Mapped[int | None]
    note: Mapped[str]
    actor: Mapped[str]
    made_at: Mapped[datetime]
    replaced_at: Mapped[datetime | None]


class Target(Owned):
    """A seller SKU of an account at a location, and how much of it the platform is told.

    `desired` is what our rules say, `sent` what left, `confirmed` what the platform said it took,
    `seen` what it said when it was asked. All listings of a seller SKU share one target. With a
    `ticket` the platform has taken `ticket_version` in, and tells later what became of it.
    """

    __tablename__ = "publishing_target"
    __table_args__ = table_args(
        belongs_to("catalog_sku"),
        sa.UniqueConstraint("company_id", "platform", "account", "seller_sku", "location"),
        sa.Index("ix_publishing_target_sku", "company_id", "sku_id"),
        sa.CheckConstraint("desired >= 0", name="desired"),
    )

    platform: Mapped[str]
    account: Mapped[str]
    seller_sku: Mapped[str]
    location: Mapped[str]
    sku_id: Mapped[int]
    desired: Mapped[int]
    version: Mapped[int]
    desired_at: Mapped[datetime]
    sent: Mapped[int | None]
    sent_version: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    confirmed: Mapped[int | None]
    confirmed_at: Mapped[datetime | None]
    seen: Mapped[int | None]
    seen_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(default="", server_default="")
    ticket: Mapped[str] = mapped_column(default="", server_default="")
    ticket_version: Mapped[int] = mapped_column(default=0, server_default=sa.text("0"))


class Push(Owned):
    """One version that a target was told, the figures it came from, and how long that took."""

    __tablename__ = "publishing_push"
    __table_args__ = table_args(
        belongs_to("publishing_target", "target_id"),
        sa.UniqueConstraint("company_id", "target_id", "version"),
        sa.Index(
            "ix_publishing_push_open",
            "company_id",
            "id",
            sqlite_where=sa.text("outcome IS NULL"),
            postgresql_where=sa.text("outcome IS NULL"),
        ),
        sa.Index("ix_publishing_push_sent", "company_id", "sent_at"),
    )

    target_id: Mapped[int]
    version: Mapped[int]
    quantity: Mapped[int]
    on_hand: Mapped[int]
    reserved: Mapped[int]
    waiting: Mapped[int]
    changed_at: Mapped[datetime]
    decided_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    milliseconds: Mapped[int | None]
    outcome: Mapped[str | None]


class PriceTarget(Owned):
    """What a seller SKU of an account shall cost its buyers, tax included as the platform shows it.

    `desired` is what somebody said, `sent` what left, `confirmed` what the platform said it took,
    `seen` what its listings showed. `answered_version` is the last version that it took or refused,
    `error` why it refused that. Amounts in minor units of `currency`.
    """

    __tablename__ = "publishing_price"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.UniqueConstraint("company_id", "platform", "account", "seller_sku"),
        sa.Index("ix_publishing_price_code", "company_id", "seller_sku", "id"),
        sa.CheckConstraint("desired > 0", name="desired"),
    )

    platform: Mapped[str]
    account: Mapped[str]
    seller_sku: Mapped[str]
    currency: Mapped[str]
    desired: Mapped[int]
    version: Mapped[int]
    desired_at: Mapped[datetime]
    sent: Mapped[int | None]
    sent_version: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    answered_version: Mapped[int] = mapped_column(default=0)
    confirmed: Mapped[int | None]
    confirmed_at: Mapped[datetime | None]
    seen: Mapped[int | None]
    seen_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(default="")


class PriceTold(Owned):
    """One version of a price: who said it and why, when it left, and what became of it."""

    __tablename__ = "publishing_price_told"
    __table_args__ = table_args(
        belongs_to("publishing_price", "price_id"),
        sa.UniqueConstraint("company_id", "price_id", "version"),
    )

    price_id: Mapped[int]
    version: Mapped[int]
    amount: Mapped[int]
    currency: Mapped[str]
    actor: Mapped[str]
    note: Mapped[str]
    decided_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    reason: Mapped[str] = mapped_column(default="")


class Offers(Owned):
    """What others asked for a listing from `seen_at` until `last_at`; the `latest` holds now.

    Amounts as buyers have it delivered, in minor units; None where there was no such offer.
    """

    __tablename__ = "publishing_offers"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.Index(
            "ix_publishing_offers_listing",
            "company_id",
            "platform",
            "account",
            "external_ref",
            "id",
        ),
    )

    platform: Mapped[str]
    account: Mapped[str]
    external_ref: Mapped[str]
    seen_at: Mapped[datetime]
    last_at: Mapped[datetime]
    latest: Mapped[bool]
    currency: Mapped[str]
    lowest: Mapped[int | None]
    lowest_is_ours: Mapped[bool]
    featured: Mapped[int | None]
    featured_is_ours: Mapped[bool]
