"""Tables of own costs."""

from __future__ import annotations

from datetime import date
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from core.db import Owned
from core.db import belongs_to
from core.db import table_args
from core.identity.fields import seen_with


class Bill(Owned):
    """A cost of the seller's own, as it was entered; never changed, reversed if it was wrong.

    `amount` is in minor units of its currency, negative for a credit. `paid_from` is the account
    that is credited: what is owed, a bank or a wallet. What it concerns is empty where it is the
    company's as a whole.
    """

    __tablename__ = "expenses_bill"
    __table_args__ = table_args(
        belongs_to("ledger_entry"),
        belongs_to("channels_shop"),
        belongs_to("orders_order"),
        belongs_to("catalog_sku"),
        belongs_to("stock_warehouse"),
        sa.UniqueConstraint("company_id", "reference"),
        sa.Index("ix_expenses_bill_recent", "company_id", "billed_on", "id"),
    )

    reference: Mapped[str]
    type: Mapped[str]
    billed_on: Mapped[date]
    currency: Mapped[str]
    amount: Mapped[int] = mapped_column(info=seen_with("costs.view"))
    account: Mapped[str]
    paid_from: Mapped[str]
    shop_id: Mapped[int | None]
    country: Mapped[str | None]
    order_id: Mapped[int | None]
    sku_id: Mapped[int | None]
    warehouse_id: Mapped[int | None]
    note: Mapped[str]
    entry_id: Mapped[int]
    made_at: Mapped[datetime]
    made_by: Mapped[str]
