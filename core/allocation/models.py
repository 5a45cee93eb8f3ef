"""Tables of the allocation layer; amounts are minor units of the company, signed as in the ledger.

Nothing here changes the books. Rules, runs and shares are append-only: a rule that changes is a new
version, a period that is shared again is a new run, and the newest run of a period counts.
"""

from __future__ import annotations

from datetime import date
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from core.db import Base
from core.db import Json
from core.db import Owned
from core.db import belongs_to
from core.db import table_args
from core.identity.fields import seen_with


class RuleVersion(Owned):
    """A company's own version of a rule, from a day on; `terms` is what `rules.Rule` holds."""

    __tablename__ = "allocation_rule"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.UniqueConstraint("company_id", "code", "version"),
    )

    code: Mapped[str]
    version: Mapped[int]
    since: Mapped[date]
    terms: Mapped[dict[str, Any]] = mapped_column(Json)
    made_at: Mapped[datetime]
    made_by: Mapped[str]


class Detail(Owned):
    """A row of a report that says for which goods an account-level cost was: ads, storage, coupons.

    `weight` is in millionths of the report's own unit; only proportions matter. `sku_id` is empty
    where the report's code is not known, `shop_id` where the report names no shop.
    """

    __tablename__ = "allocation_detail"
    __table_args__ = table_args(
        belongs_to("channels_import"),
        belongs_to("catalog_sku"),
        sa.UniqueConstraint("company_id", "kind", "month", "scope_id", "code", "order_ref"),
        clustered=True,
    )

    kind: Mapped[str]
    month: Mapped[date]
    scope_id: Mapped[int]
    code: Mapped[str]
    order_ref: Mapped[str]
    shop_id: Mapped[int | None]
    sku_id: Mapped[int | None]
    order_id: Mapped[int | None]
    weight: Mapped[int]
    import_id: Mapped[int]
    row_version: Mapped[int] = mapped_column(default=1)


class Run(Owned):
    """One sharing of all costs without an order in some months; written when its shares stand.

    `number` counts the company's runs. `rules` are the rules as they were applied.
    """

    __tablename__ = "allocation_run"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.UniqueConstraint("company_id", "number"),
    )

    number: Mapped[int]
    first_month: Mapped[date]
    last_month: Mapped[date]
    rules: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    made_at: Mapped[datetime]
    made_by: Mapped[str]


class Pool(Base):
    """What a run took from one account for one shop, country and SKU, and how it shared it.

    `rule` is empty where none holds. The drivers are those of the rule that had weights;
    `reason` says why an amount was not allocated.
    """

    __tablename__ = "allocation_pool"
    __table_args__ = table_args(belongs_to("ledger_account"), clustered=True)

    company_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    run_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rule: Mapped[str]
    version: Mapped[int]
    account_id: Mapped[int]
    shop_id: Mapped[int | None]
    country: Mapped[str | None]
    sku_id: Mapped[int | None]
    settlement: Mapped[str]
    amount: Mapped[int] = mapped_column(info=seen_with("costs.view"))
    not_allocated: Mapped[int] = mapped_column(info=seen_with("costs.view"))
    sku_driver: Mapped[str]
    order_driver: Mapped[str]
    total_weight: Mapped[int]
    reason: Mapped[str]


class Share(Base):
    """What of a pool falls to an order line, or to a SKU, or to nobody; `month` is the cost's.

    `level` is `order`, `sku` or `none`. `weight` is what the last step of the rule weighed it by.
    """

    __tablename__ = "allocation_share"
    __table_args__ = table_args(
        sa.Index("ix_allocation_share_order", "company_id", "order_id"),
        clustered=True,
    )

    company_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    run_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    pool_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    month: Mapped[date] = mapped_column(primary_key=True)
    account_id: Mapped[int]
    level: Mapped[str]
    shop_id: Mapped[int | None]
    country: Mapped[str | None]
    order_id: Mapped[int | None]
    line_id: Mapped[int | None]
    sku_id: Mapped[int | None]
    weight: Mapped[int]
    amount: Mapped[int] = mapped_column(info=seen_with("costs.view"))


class Sum(Base):
    """What a run moves on an account in a month, by SKU or by place; see `summing`.

    Signed as in the ledger: more cost for who bears a share, less for where it was booked. In all
    it comes to nothing.
    """

    __tablename__ = "allocation_sum"
    __table_args__ = table_args(belongs_to("ledger_account"), clustered=True)

    company_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    run_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    cut: Mapped[str] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    shop_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    country: Mapped[str] = mapped_column(primary_key=True)
    sku_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    amount: Mapped[int] = mapped_column(info=seen_with("costs.view"))
