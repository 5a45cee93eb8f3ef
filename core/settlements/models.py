"""Tables of settlements: statements, their rows as received, how each was booked, held money."""

from __future__ import annotations

from datetime import date
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from core.db import Owned
from core.db import belongs_to
from core.db import table_args
from core.kernel.models import of_connection


class Statement(Owned):
    """A settlement of a platform account; its id is unique there, whatever format tells of it.

    `rejection` is 0 for the one that counts; files that did not add up are kept beside it, counted
    from 1. `total_amount` is what the platform says, `sum_amount` what its rows add up to.
    `state` goes reading → booking → booked; a statement may be quarantined, or wait for a rate.
    """

    __tablename__ = "settlements_statement"
    __table_args__ = table_args(
        belongs_to("channels_import"),
        sa.UniqueConstraint(
            "company_id",
            "platform",
            "account",
            "external_ref",
            "rejection",
            name="uq_settlements_statement_key",
        ),
        sa.Index("ix_settlements_statement_recent", "company_id", "ended_at", "id"),
    )

    import_id: Mapped[int]
    platform: Mapped[str]
    account: Mapped[str]
    external_ref: Mapped[str]
    rejection: Mapped[int]
    format: Mapped[str]
    sha256: Mapped[str]
    currency: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    matched_on: Mapped[date]
    deposited_on: Mapped[date | None]
    total_amount: Mapped[int]
    sum_amount: Mapped[int]
    row_count: Mapped[int]
    state: Mapped[str]
    reason: Mapped[str | None]
    order_platform: Mapped[str]
    order_account: Mapped[str]
    created_at: Mapped[datetime]
    row_version: Mapped[int] = mapped_column(default=1)

    @property
    def key(self) -> str:
        """Return the natural key of a statement within its company."""
        return statement_key(self)


def statement_key(statement: Statement) -> str:
    """Return what names a statement in entries and open items."""
    return f"{statement.platform}/{statement.account}/{statement.external_ref}"


class StatementRow(Owned):
    """One amount of a statement as it was received; it is never changed."""

    __tablename__ = "settlements_row"
    __table_args__ = table_args(
        # PostgreSQL checks what rows refer to by the statement: see `core.ledger.guards`.
        belongs_to("settlements_statement").ddl_if("sqlite"),
        sa.UniqueConstraint(
            "company_id",
            "statement_id",
            "fingerprint",
            "occurrence",
            name="uq_settlements_row_content",
        ),
        sa.Index("ix_settlements_row_order", "company_id", "statement_id", "order_ref", "id"),
    )

    statement_id: Mapped[int]
    line_number: Mapped[int]
    fingerprint: Mapped[int]
    occurrence: Mapped[int]
    kind: Mapped[str]
    code_group: Mapped[str]
    name: Mapped[str]
    amount: Mapped[int]
    posted_at: Mapped[datetime]
    posted_on: Mapped[date]
    order_ref: Mapped[str]
    item_ref: Mapped[str]
    sku: Mapped[str]
    shipment_ref: Mapped[str]
    marketplace: Mapped[str]
    quantity: Mapped[int | None]
    deferred: Mapped[bool]
    payload: Mapped[str]


class TaxGap(Owned):
    """Where a platform's own figure of tax is not ours when they were compared, see `Gap`."""

    __tablename__ = "settlements_tax_gap"
    __table_args__ = table_args(
        belongs_to("orders_order"), sa.UniqueConstraint("company_id", "order_id", "side")
    )

    order_id: Mapped[int]
    side: Mapped[str]
    currency: Mapped[str]
    ours: Mapped[int]
    theirs: Mapped[int]
    our_rate: Mapped[int]
    their_rate: Mapped[int]
    cause: Mapped[str]


class Booking(Owned):
    """How a row was booked last; its id is the row's. What was booked before is in the journal.

    `outcome` is applied, suspense with the `reason`, or deferred.
    """

    __tablename__ = "settlements_booking"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(
            ["company_id", "id"], ["settlements_row.company_id", "settlements_row.id"]
        ).ddl_if("sqlite"),
        belongs_to("settlements_statement").ddl_if("sqlite"),
        sa.Index(
            "ix_settlements_booking_suspense",
            "company_id",
            "statement_id",
            sqlite_where=sa.text("outcome = 'suspense'"),
            postgresql_where=sa.text("outcome = 'suspense'"),
        ),
        clustered=True,
    )

    statement_id: Mapped[int]
    entry_id: Mapped[int | None]
    outcome: Mapped[str]
    reason: Mapped[str | None]
    category: Mapped[str]
    account: Mapped[str]
    dictionary: Mapped[str]
    order_id: Mapped[int | None]
    line_id: Mapped[int | None]
    sku_id: Mapped[int | None]
    row_version: Mapped[int]


class PayoutWish(Owned):
    """A payout that somebody asked a platform for, before its day.

    `state` is sending (its outcome is not known), begun as the platform's `external_ref`, refused
    with the `reason`, or lost: it was sent, and the platform has none.
    """

    __tablename__ = "settlements_payout_wish"
    __table_args__ = table_args(
        of_connection(),
        sa.Index("ix_settlements_payout_wish_connection", "company_id", "connection_id", "id"),
    )

    connection_id: Mapped[int]
    state: Mapped[str]
    external_ref: Mapped[str]
    reason: Mapped[str]
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]
    row_version: Mapped[int] = mapped_column(default=1)


HELD = "held"
RELEASED = "released"
SETTLED = "settled"
SUPERSEDED = "superseded"


class Held(Owned):
    """One event whose money a platform holds back; it is in no sum of the books.

    The same event has one row for each source: `source_ref` is the platform's name for it, empty
    where a file told of it, which is superseded once the platform itself tells. `state` goes held →
    released → settled, the last with the statement that pays it.
    """

    __tablename__ = "settlements_held"
    __table_args__ = table_args(
        sa.UniqueConstraint(
            "company_id",
            "platform",
            "account",
            "order_ref",
            "kind",
            "posted_at",
            "source_ref",
            name="uq_settlements_held_key",
        ),
        sa.Index("ix_settlements_held_state", "company_id", "state", "platform", "account"),
    )

    platform: Mapped[str]
    account: Mapped[str]
    order_platform: Mapped[str]
    order_account: Mapped[str]
    order_ref: Mapped[str]
    kind: Mapped[str]
    posted_at: Mapped[datetime]
    source_ref: Mapped[str]
    amount: Mapped[int]
    currency: Mapped[str]
    reason: Mapped[str]
    releases_at: Mapped[datetime | None]
    state: Mapped[str]
    statement_id: Mapped[int | None]
    seen_at: Mapped[datetime]
    row_version: Mapped[int] = mapped_column(default=1)
