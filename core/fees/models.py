"""Tables of fees: what a company says that codes mean, and what was estimated."""

from __future__ import annotations

from datetime import date
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

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

    Amounts are costs, positive, in the company's currency. `open_amount` is what still stands as
    accrued; `estimator` names the version that made the estimate, for good.
    """

    __tablename__ = "fees_estimate"
    __table_args__ = table_args(
        belongs_to("orders_order"),
        belongs_to("orders_line"),
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
