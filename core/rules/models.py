"""Tables of rules, their versions, and what they chose for orders."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from core.db import Json
from core.db import Owned
from core.db import belongs_to
from core.db import table_args


class Rule(Owned):
    """A rule in its place; `version` is the newest, `live_version` the one that decides.

    A rule without a live version has never gone live. The smallest position is asked first.
    """

    __tablename__ = "rules_rule"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.Index("ix_rules_rule_position", "company_id", "position"),
    )

    position: Mapped[int]
    enabled: Mapped[bool]
    version: Mapped[int]
    live_version: Mapped[int | None]
    archived_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    row_version: Mapped[int] = mapped_column(default=1)


class RuleVersion(Owned):
    """A rule as somebody wrote it; never changed, so that a decision can always be read again."""

    __tablename__ = "rules_version"
    __table_args__ = table_args(
        belongs_to("rules_rule"),
        sa.UniqueConstraint("company_id", "rule_id", "version"),
    )

    rule_id: Mapped[int]
    version: Mapped[int]
    name: Mapped[str]
    definition: Mapped[dict[str, object]] = mapped_column(Json)
    made_by: Mapped[str]
    made_at: Mapped[datetime]


class OrderTag(Owned):
    """A word on an order; `source` is `rule`, or who put it there."""

    __tablename__ = "rules_tag"
    __table_args__ = table_args(
        belongs_to("orders_order"),
        sa.UniqueConstraint("company_id", "order_id", "tag"),
        sa.Index("ix_rules_tag_tag", "company_id", "tag", "order_id"),
    )

    order_id: Mapped[int]
    tag: Mapped[str]
    source: Mapped[str]


class OrderChoice(Owned):
    """What the buyer asked for and what rules chose; its id is the order's."""

    __tablename__ = "rules_choice"
    __table_args__ = table_args(
        belongs_to("orders_order", "id"), belongs_to("stock_warehouse", "warehouse_id")
    )

    requested_service: Mapped[str | None]
    service: Mapped[str | None]
    warehouse_id: Mapped[int | None]
    ruled_at: Mapped[datetime | None]
    row_version: Mapped[int] = mapped_column(default=1)
