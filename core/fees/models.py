"""Tables of fees: what codes mean to a company, how it estimates, what was estimated and came."""

from __future__ import annotations

from datetime import date
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from core.db import Base
from core.db import Json
from core.db import Owned
from core.db import belongs_to
from core.db import table_args


class Meaning(Owned):
    """What a company says that a platform's code means since a day; the last word holds.

    `version` counts the company's words for the platform: entries name it, so that it can be told
    by which dictionary a row was booked.
    """

    __tablename__ = "fees_meaning"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.UniqueConstraint("company_id", "platform", "version"),
    )

    platform: Mapped[str]
    version: Mapped[int]
    kind: Mapped[str]
    code_group: Mapped[str]
    name: Mapped[str]
    category: Mapped[str]
    account: Mapped[str]
    level: Mapped[str]
    since: Mapped[date]
    made_by: Mapped[str]
    made_at: Mapped[datetime]


class Estimate(Owned):
    """What a fee of an order line was estimated at when it left, and what it came to.

    Amounts are costs, positive, in the order's currency. `open_amount` is what still stands as
    accrued, `reversed_amount` what a refund took back before the fee came. `estimator` names the
    version that made the estimate, for good; it is empty for a fee that came without one.
    """

    __tablename__ = "fees_estimate"
    __table_args__ = table_args(
        # PostgreSQL checks what they refer to by the statement: see `core.ledger.guards`.
        belongs_to("orders_order").ddl_if("sqlite"),
        belongs_to("orders_line").ddl_if("sqlite"),
        sa.UniqueConstraint("company_id", "order_id", "line_id", "account"),
        clustered=True,
    )

    order_id: Mapped[int]
    line_id: Mapped[int]
    account: Mapped[str]
    estimated_amount: Mapped[int]
    open_amount: Mapped[int]
    actual_amount: Mapped[int]
    estimator: Mapped[str]
    reversed_amount: Mapped[int] = mapped_column(default=0, server_default=sa.text("0"))


class Plan(Owned):
    """How the fees of a shop are estimated: by which platform's tables, for which market.

    `category` holds for goods of which nothing else is said, `fulfilment` is `platform` or
    `seller`. `preferences` lists the ways of estimating for an account, the best first; under `*`
    for every other account.
    """

    __tablename__ = "fees_plan"
    __table_args__ = table_args(
        belongs_to("channels_shop"), sa.UniqueConstraint("company_id", "shop_id")
    )

    shop_id: Mapped[int]
    platform: Mapped[str]
    market: Mapped[str]
    category: Mapped[str]
    fulfilment: Mapped[str]
    preferences: Mapped[dict[str, list[str]]] = mapped_column(Json)
    row_version: Mapped[int] = mapped_column(default=1)


class SkuCategory(Owned):
    """In which category of a platform a SKU is sold, where it is not its shop's usual one."""

    __tablename__ = "fees_category"
    __table_args__ = table_args(
        belongs_to("catalog_sku"), sa.UniqueConstraint("company_id", "platform", "sku_id")
    )

    platform: Mapped[str]
    sku_id: Mapped[int]
    category: Mapped[str]


class FeeRate(Owned):
    """What a company says that something costs it from a day on; append-only, the last word holds.

    `amount` is in millionths of the price for the basis `price`, else in minor units of the shop's
    currency for each `unit` or `order`.
    """

    __tablename__ = "fees_rate"
    __table_args__ = table_args(
        belongs_to("channels_shop"),
        sa.UniqueConstraint("company_id", "shop_id", "version"),
    )

    shop_id: Mapped[int]
    version: Mapped[int]
    account: Mapped[str]
    basis: Mapped[str]
    amount: Mapped[int]
    since: Mapped[date]
    made_by: Mapped[str]
    made_at: Mapped[datetime]


class Recent(Owned):
    """What the last settled order lines of a SKU cost in fees of an account.

    `samples` are (line, units, price with tax, fee), the latest last; the other columns are their
    number and sums. Prices and fees are in the shop's currency.
    """

    __tablename__ = "fees_recent"
    __table_args__ = table_args(
        belongs_to("channels_shop"),
        belongs_to("catalog_sku"),
        sa.UniqueConstraint("company_id", "shop_id", "sku_id", "account"),
    )

    shop_id: Mapped[int]
    sku_id: Mapped[int]
    account: Mapped[str]
    samples: Mapped[list[list[int]]] = mapped_column(Json)
    line_count: Mapped[int]
    units: Mapped[int]
    price: Mapped[int]
    fee: Mapped[int]


class Drift(Base):
    """What an estimator's estimates and the fees that came add up to, by the month they came in."""

    __tablename__ = "fees_drift"
    __table_args__ = table_args(belongs_to("channels_shop"))

    company_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    month: Mapped[date] = mapped_column(primary_key=True)
    shop_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    account: Mapped[str] = mapped_column(primary_key=True)
    estimator: Mapped[str] = mapped_column(primary_key=True)
    lines: Mapped[int]
    estimated: Mapped[int]
    actual: Mapped[int]


class Finality(Owned):
    """How final the profit of an order is; its id is the order's.

    `state` counts: 0 estimated, 1 partly settled, 2 settled, 3 reconciled (paid out, the money
    found at the bank, and the time for returns over).
    """

    __tablename__ = "fees_finality"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(
            ["company_id", "id"], ["orders_order.company_id", "orders_order.id"]
        ),
        sa.Index(
            "ix_fees_finality_settled",
            "company_id",
            "settled_on",
            sqlite_where=sa.text("state = 2"),
            postgresql_where=sa.text("state = 2"),
        ),
        sa.Index(
            "ix_fees_finality_open",
            "company_id",
            "state",
            sqlite_where=sa.text("state < 2"),
            postgresql_where=sa.text("state < 2"),
        ),
        clustered=True,
    )

    state: Mapped[int]
    settled_on: Mapped[date | None]
