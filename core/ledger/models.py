"""Tables of the ledger; debit is positive, credit negative, in minor units."""

from __future__ import annotations

from datetime import date
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from core.db import Base
from core.db import Owned
from core.db import belongs_to
from core.db import table_args


class Account(Owned):
    """An account of the chart; `profit_line` is empty for what stands in the balance sheet."""

    __tablename__ = "ledger_account"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.UniqueConstraint("company_id", "code"),
    )

    code: Mapped[str]
    title: Mapped[str]
    kind: Mapped[str]
    beancount: Mapped[str]
    profit_line: Mapped[str | None]


class Period(Base):
    """A month of a company's books; nothing is booked into a closed one."""

    __tablename__ = "ledger_period"
    __table_args__ = table_args(sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]))

    company_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    month: Mapped[date] = mapped_column(primary_key=True)
    state: Mapped[str]
    changed_at: Mapped[datetime | None]
    changed_by: Mapped[str | None]
    reason: Mapped[str | None]


class Entry(Owned):
    """A balanced set of postings; immutable, corrected only by a later entry.

    `attributed_on` is the day of a fact whose own month was closed when it was booked; else empty.
    `rate` names the rates, their days and sources by which foreign amounts were converted.
    """

    __tablename__ = "ledger_entry"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.UniqueConstraint("company_id", "natural_key"),
        sa.Index("ix_ledger_entry_order", "company_id", "order_id"),
        sa.Index(
            "ix_ledger_entry_attributed",
            "company_id",
            "attributed_on",
            sqlite_where=sa.text("attributed_on IS NOT NULL"),
            postgresql_where=sa.text("attributed_on IS NOT NULL"),
        ),
        # An entry is reversed once; what reverses it can be found from it.
        sa.Index(
            "uq_ledger_entry_reverses",
            "company_id",
            "reverses_id",
            unique=True,
            sqlite_where=sa.text("reverses_id IS NOT NULL"),
            postgresql_where=sa.text("reverses_id IS NOT NULL"),
        ),
        clustered=True,
    )

    natural_key: Mapped[str]
    kind: Mapped[str]
    booked_on: Mapped[date]
    order_id: Mapped[int | None]
    document_id: Mapped[int | None]
    reverses_id: Mapped[int | None]
    narration: Mapped[str]
    recorded_at: Mapped[datetime]
    attributed_on: Mapped[date | None]
    rate: Mapped[str | None]


class Posting(Base):
    """One line of an entry with its dimensions; append-only, and no row points here.

    `amount` is in the company's currency, `currency_amount` in `currency`, that of the document.
    """

    __tablename__ = "ledger_posting"
    # PostgreSQL checks what they refer to by the statement: see `core.ledger.guards`.
    __table_args__ = table_args(
        belongs_to("ledger_entry").ddl_if("sqlite"),
        belongs_to("ledger_account").ddl_if("sqlite"),
        clustered=True,
    )

    company_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    booked_on: Mapped[date] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    account_id: Mapped[int]
    amount: Mapped[int]
    currency: Mapped[str]
    currency_amount: Mapped[int]
    tag: Mapped[str]
    shop_id: Mapped[int | None]
    country: Mapped[str | None]
    order_id: Mapped[int | None]
    line_id: Mapped[int | None]
    sku_id: Mapped[int | None]
    warehouse_id: Mapped[int | None]
    item_id: Mapped[int | None]
    decision_id: Mapped[int | None]


class Balance(Base):
    """What an account's postings of a month add up to, kept exact by the posting path."""

    __tablename__ = "ledger_balance"
    __table_args__ = table_args(belongs_to("ledger_account"), clustered=True)

    company_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    month: Mapped[date] = mapped_column(primary_key=True)
    amount: Mapped[int]


class Item(Owned):
    """An open item: what is still owed on an account under one natural key.

    `open_amount` is in its own currency, `open_functional` what that is worth in the books.
    """

    __tablename__ = "ledger_item"
    __table_args__ = table_args(
        belongs_to("ledger_account").ddl_if("sqlite"),
        sa.UniqueConstraint("company_id", "account_id", "natural_key"),
        clustered=True,
    )

    account_id: Mapped[int]
    natural_key: Mapped[str]
    order_id: Mapped[int | None]
    currency: Mapped[str]
    open_amount: Mapped[int]
    open_functional: Mapped[int]
    row_version: Mapped[int] = mapped_column(default=1)


class ProfitLines:
    """The profit lines of the waterfall as columns: contributions to profit in minor units."""

    sales: Mapped[int]
    shipping: Mapped[int]
    charges: Mapped[int]
    discounts: Mapped[int]
    subsidies: Mapped[int]
    refunds: Mapped[int]
    goodwill: Mapped[int]
    reimbursements: Mapped[int]
    liquidation: Mapped[int]
    other_income: Mapped[int]
    cogs: Mapped[int]
    late_cost: Mapped[int]
    stock_losses: Mapped[int]
    fees: Mapped[int]
    payment_fees: Mapped[int]
    fulfilment: Mapped[int]
    duty: Mapped[int]
    returns: Mapped[int]
    ads: Mapped[int]
    affiliate: Mapped[int]
    promotions: Mapped[int]
    marketing: Mapped[int]
    storage: Mapped[int]
    inbound: Mapped[int]
    subscriptions: Mapped[int]
    overhead: Mapped[int]
    fx: Mapped[int]
    finance: Mapped[int]


class Profit(ProfitLines, Owned):
    """A change of profit by one entry for one order line: the read model, append-only.

    Lines are contributions to profit in minor units of the company (costs are negative).
    """

    __tablename__ = "ledger_profit"
    __table_args__ = table_args(
        belongs_to("ledger_entry").ddl_if("sqlite"),
        sa.Index("ix_ledger_profit_order", "company_id", "order_id"),
        sa.Index("ix_ledger_profit_day", "company_id", "booked_on", "id"),
        # What concerns no order and no SKU is little, and asked for by itself.
        sa.Index(
            "ix_ledger_profit_nobody",
            "company_id",
            "booked_on",
            sqlite_where=sa.text("order_id IS NULL AND sku_id IS NULL"),
            postgresql_where=sa.text("order_id IS NULL AND sku_id IS NULL"),
        ),
        clustered=True,
    )

    booked_on: Mapped[date]
    entry_id: Mapped[int]
    shop_id: Mapped[int | None]
    country: Mapped[str | None]
    order_id: Mapped[int | None]
    line_id: Mapped[int | None]
    sku_id: Mapped[int | None]


class ProfitFresh(Base):
    """Ids of changes of profit, from the first to the last, that no sum holds yet."""

    __tablename__ = "ledger_profit_fresh"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]), clustered=True
    )

    company_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    first_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_id: Mapped[int]


class ProfitSum(ProfitLines, Base):
    """What changes of profit of a day, month or year come to; with the fresh ones they are all.

    `cut` says what is told apart, SKUs or places (shop and country), and over how long; the other
    columns of the key are 0 or empty, as they are for what concerns none in particular. `changes`
    is how many rows are summed up, `of_orders` how many of them concern an order.
    """

    __tablename__ = "ledger_profit_sum"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]), clustered=True
    )

    company_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    cut: Mapped[str] = mapped_column(primary_key=True)
    starts_on: Mapped[date] = mapped_column(primary_key=True)
    sku_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    shop_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    country: Mapped[str] = mapped_column(primary_key=True)
    changes: Mapped[int]
    of_orders: Mapped[int]
