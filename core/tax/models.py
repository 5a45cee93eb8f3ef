"""Tables of tax."""

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
from core.identity.fields import seen_with
from core.tax.decision import CHARGED


class Decision(Owned):
    """A regime's answer, kept once for all the lines that it holds for; rates in millionths."""

    __tablename__ = "tax_decision"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.UniqueConstraint("company_id", "natural_key"),
    )

    natural_key: Mapped[str]
    regime: Mapped[str]
    collector: Mapped[str]
    jurisdiction: Mapped[str]
    scheme: Mapped[str]
    rate: Mapped[int]
    account: Mapped[str]
    reason: Mapped[str]
    evidence: Mapped[str]
    role: Mapped[str] = mapped_column(default="sale", server_default=sa.text("'sale'"))
    tax: Mapped[str] = mapped_column(default="VAT", server_default=sa.text("'VAT'"))
    supply: Mapped[str] = mapped_column(default="taxable", server_default=sa.text("'taxable'"))
    origin: Mapped[str] = mapped_column(default="ZZ", server_default=sa.text("'ZZ'"))


CHARGED_RATE = sa.case(
    ((Decision.role == "sale") & Decision.collector.in_(sorted(CHARGED)), Decision.rate), else_=0
)
"""The rate that the sale's entry books, see `TaxDecision.charged_rate`."""


class BookedLevy(Owned):
    """One of several taxes on a line or a movement, with its amounts; append-only.

    Lines that bear just one tax have none of these: their postings say all. `net` is how much of
    the line it accounts for in returns, `base` what is taxed; minor units of `currency`, signed as
    the line. `further` ones (1, else 0) tax what another accounts for already.
    """

    __tablename__ = "tax_levy"
    __table_args__ = table_args(
        belongs_to("tax_decision", "decision_id"),
        sa.UniqueConstraint("company_id", "entry_id", "seq"),
        sa.Index("ix_tax_levy_booked_on", "company_id", "booked_on"),
        sa.Index("ix_tax_levy_line_id", "company_id", "line_id"),
    )

    entry_id: Mapped[int]
    seq: Mapped[int]
    booked_on: Mapped[date]
    line_id: Mapped[int | None]
    decision_id: Mapped[int]
    currency: Mapped[str]
    net: Mapped[int]
    base: Mapped[int]
    tax: Mapped[int]
    further: Mapped[int]


class Declared(Base):
    """The day in whose period a line is declared, where its entry is in another month.

    `declared_on` is the line's tax point by one of its decisions, such as the payment of a sale
    through IOSS whose goods left a month later; append-only.
    """

    __tablename__ = "tax_declared"
    __table_args__ = table_args(
        belongs_to("tax_decision", "decision_id"),
        sa.Index("ix_tax_declared_on", "company_id", "declared_on"),
        clustered=True,
    )

    company_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    line_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    decision_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    booked_on: Mapped[date]
    declared_on: Mapped[date]


class SoldUnder(Base):
    """What was sold on a day under a scheme whose turnover a regime tests; signed, refunds less.

    It is the sum of the ledger's postings, kept with them: a year's is read and not added up anew
    for every sale. `amount` in minor units of `currency`.
    """

    __tablename__ = "tax_turnover"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]), clustered=True
    )

    company_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    regime: Mapped[str] = mapped_column(primary_key=True)
    scheme: Mapped[str] = mapped_column(primary_key=True)
    booked_on: Mapped[date] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    amount: Mapped[int]


class SellerRegistration(Owned):
    """That the seller is registered under a scheme of a country, from a day until another.

    `months` is how often he files and `currency` in which money, where that is not as usual.
    """

    __tablename__ = "tax_registration"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.UniqueConstraint("company_id", "country", "region", "scheme", "since"),
    )

    country: Mapped[str]
    region: Mapped[str]
    scheme: Mapped[str]
    number: Mapped[str]
    since: Mapped[date]
    until: Mapped[date | None]
    created_at: Mapped[datetime]
    row_version: Mapped[int] = mapped_column(default=1)
    months: Mapped[int] = mapped_column(default=0, server_default=sa.text("0"))
    currency: Mapped[str] = mapped_column(default="", server_default=sa.text("''"))


class ReturnStep(Owned):
    """A return of a period as it was prepared, or filed; append-only, the last step holds.

    `boxes` are its amounts in minor units of `currency`; `rates` turned others into it.
    `ledger_amount` is what the tax account says, `boxed_amount` what the boxes add up of it.
    `reference` is what the authority called it, `filed_on` the day; both empty when `prepared`.
    """

    __tablename__ = "tax_return"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.UniqueConstraint("company_id", "form", "period", "seq"),
    )

    form: Mapped[str]
    period: Mapped[str]
    seq: Mapped[int]
    step: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    currency: Mapped[str]
    rates: Mapped[dict[str, str]] = mapped_column(Json)
    boxes: Mapped[list[dict[str, object]]] = mapped_column(Json)
    ledger_amount: Mapped[int]
    boxed_amount: Mapped[int]
    filed_on: Mapped[date | None]
    reference: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[str]


class WatchedThreshold(Owned):
    """How near a threshold of registration was when it was last looked at, see `Watched`."""

    __tablename__ = "tax_watch"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.UniqueConstraint("company_id", "code"),
    )

    code: Mapped[str]
    title: Mapped[str]
    jurisdiction: Mapped[str]
    window: Mapped[str]
    amount: Mapped[int | None]
    limit_amount: Mapped[int]
    currency: Mapped[str]
    orders: Mapped[int]
    order_limit: Mapped[int | None]
    both: Mapped[int]
    crosses_on: Mapped[date | None]
    state: Mapped[str]
    source: Mapped[str]
    watched_on: Mapped[date]


class SellingChannel(Owned):
    """What a company says that a platform is: a `marketplace`, or its `own` site."""

    __tablename__ = "tax_channel"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.UniqueConstraint("company_id", "platform"),
    )

    platform: Mapped[str]
    channel: Mapped[str]


class TaxedGoods(Owned):
    """What tax law wants to know of a SKU: its heading in the tariff and its class of rate."""

    __tablename__ = "tax_goods"
    __table_args__ = table_args(
        belongs_to("catalog_sku", "sku_id"),
        sa.UniqueConstraint("company_id", "sku_id"),
    )

    sku_id: Mapped[int]
    hs_code: Mapped[str]
    tax_class: Mapped[str]


class BuyerNumber(Owned):
    """The tax number of a business that bought, once for all its orders, and what checking it said.

    `status` is `valid`, `invalid` or `unknown`; `source` is what said so: `form` for check digits,
    the code of a service, or `stated` for a person. It stands in the clear and outlives the buyer's
    address: recapitulative statements and invoices need it for as long as the books are kept.
    """

    __tablename__ = "tax_number"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.UniqueConstraint("company_id", "country", "number"),
        sa.Index(
            "ix_tax_number_due",
            "company_id",
            "due_at",
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        ),
    )

    country: Mapped[str]
    number: Mapped[str] = mapped_column(info=seen_with("personal.view"))
    status: Mapped[str]
    source: Mapped[str]
    problem: Mapped[str]
    consultation: Mapped[str]
    checked_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    attempts: Mapped[int]
    created_at: Mapped[datetime]
    row_version: Mapped[int] = mapped_column(default=1)


class NumberCheck(Owned):
    """One answer about a buyer's number, kept as evidence; append-only.

    `consultation` is the service's own number of the answer, `requester` whose it is.
    """

    __tablename__ = "tax_number_check"
    __table_args__ = table_args(
        belongs_to("tax_number", "number_id"),
        sa.Index("ix_tax_number_check_number_id", "company_id", "number_id"),
    )

    number_id: Mapped[int]
    asked_at: Mapped[datetime]
    status: Mapped[str]
    source: Mapped[str]
    consultation: Mapped[str]
    requester: Mapped[str]
    problem: Mapped[str]
    actor: Mapped[str]
