"""Booking the rows of a statement in batches, and finishing it once all of them are booked."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.collector import collecting_seldom
from core.db import rows_of
from core.fees.packs import dictionary_of
from core.fees.recent import remember_recent
from core.kernel.kernel import Kernel
from core.kernel.models import Company
from core.ledger.models import Account
from core.ledger.models import Item
from core.rates.finding import rates_to
from core.settlements.booking import StatementBatch
from core.settlements.holding import PlatformAccount
from core.settlements.holding import settle_held
from core.settlements.looking import JUDGED
from core.settlements.looking import NEXT_ROWS
from core.settlements.looking import REST_OF_ORDER
from core.settlements.models import Booking
from core.settlements.models import Statement
from core.settlements.models import StatementRow
from core.settlements.posting import BALANCE

READING = "reading"
BOOKING = "booking"
BOOKED = "booked"
WAITING = "waiting"
QUARANTINED = "quarantined"

BATCH_ROWS = 2000

Place = tuple[str, int, bool]
"""Where a batch begins: behind this order and row; at last come rows that only move money."""


def book_statement(
    kernel: Kernel,
    company_id: int,
    statement_id: int,
    on_batch: Callable[[], None] = lambda: None,
) -> None:
    """Book what is not booked yet of a statement, and pay it out.

    Raises: Conflict while an account's chart or an addon refuses; what was booked before stays.
    """
    place: Place | None = ("", 0, False)
    with collecting_seldom():
        while place is not None:
            with kernel.db.write() as session:
                place = _book_batch(session, company_id, statement_id, place)
            on_batch()


def statement_of(session: Session, company_id: int, statement_id: int) -> Statement:
    """Return a statement, locked until the transaction ends: one batch of it at a time."""
    query = (
        sa.select(Statement)
        .where(Statement.company_id == company_id, Statement.id == statement_id)
        .with_for_update()
    )
    return session.execute(query).scalar_one()


def company_of(session: Session, company_id: int) -> Company:
    """Return a company."""
    return session.execute(sa.select(Company).where(Company.id == company_id)).scalar_one()


def _book_batch(session: Session, company_id: int, statement_id: int, place: Place) -> Place | None:
    """Book the next batch and return where the one after it begins, None behind the last."""
    statement = statement_of(session, company_id, statement_id)
    if statement.state != BOOKING:
        return None
    company = company_of(session, company_id)
    dictionary = dictionary_of(session, company_id, statement.platform)
    rows = _next_rows(session, statement, place)
    batch = StatementBatch(session, company, statement, dictionary, rows)
    batch.book(rows, late=place[2])
    batch.write()
    batch.write_bookings()
    if rows:
        return rows[-1].order_ref, rows[-1].id, place[2]
    if batch.is_foreign and not place[2]:
        return "", 0, True
    last = StatementBatch(session, company, statement, dictionary, ())
    last.move_rest(*_balance(session, statement))
    last.write()
    settled = sa.select(Booking.order_id).where(
        Booking.company_id == company_id,
        Booking.statement_id == statement_id,
        Booking.order_id.is_not(None),
    )
    remember_recent(session, company_id, settled)
    statement.state = BOOKED
    statement.row_version += 1
    session.flush()
    orders = (statement.order_platform, statement.order_account)
    owner = PlatformAccount(company_id, statement.platform, statement.account, orders)
    settle_held(session, owner, statement_id=statement.id)
    return None


def _next_rows(session: Session, statement: Statement, place: Place) -> Sequence[Any]:
    """Return the next rows without a booking, the rows of an order all together."""
    whose = {"company": statement.company_id, "statement": statement.id}
    ref, behind, _ = place
    rows: list[Any] = NEXT_ROWS.rows(session, **whose, ref=ref, behind=behind, count=BATCH_ROWS)
    if len(rows) == BATCH_ROWS and (last := rows[-1]).order_ref:
        rows += REST_OF_ORDER.rows(session, **whose, ref=last.order_ref, behind=last.id)
    return rows


def row_query(statement: Statement) -> sa.Select[*tuple[Any, ...]]:
    """Return the query for the rows of a statement as they are judged, order by order."""
    return (
        sa.select(*JUDGED)
        .where(
            StatementRow.company_id == statement.company_id,
            StatementRow.statement_id == statement.id,
        )
        .order_by(StatementRow.order_ref, StatementRow.id)
    )


def _balance(session: Session, statement: Statement) -> tuple[int, int]:
    """Return what stands open for the statement now that all of its rows are booked.

    First in its currency, then what that is worth in the books.
    """
    query = (
        sa.select(Item.open_amount, Item.open_functional)
        .join(Account, (Account.company_id == Item.company_id) & (Account.id == Item.account_id))
        .where(
            Item.company_id == statement.company_id,
            Account.code == BALANCE,
            Item.natural_key == statement.key,
        )
    )
    found = rows_of(session, query)
    return (found[0].open_amount, found[0].open_functional) if found else (0, 0)


def waits_for(session: Session, statement: Statement, currency: str) -> str | None:
    """Return which rate into the company's currency a stored statement waits for, if any."""
    if statement.currency == currency:
        return None
    query = (
        sa.select(StatementRow.posted_on)
        .where(
            StatementRow.company_id == statement.company_id,
            StatementRow.statement_id == statement.id,
            StatementRow.amount != 0,
        )
        .distinct()
    )
    days = {statement.matched_on, *session.scalars(query)}
    wanted = {(statement.currency, day) for day in days}
    rates = rates_to(session, statement.company_id, currency, wanted)
    missing = [day for day in sorted(days) if rates.find(statement.currency, day) is None]
    return rates.missing(statement.currency, missing[0]) if missing else None


def outcomes_of(session: Session, company_id: int, statement_id: int) -> dict[str, int]:
    """Return how many rows of a statement there are by what became of them."""
    query = (
        sa.select(Booking.outcome, sa.func.count())
        .where(Booking.company_id == company_id, Booking.statement_id == statement_id)
        .group_by(Booking.outcome)
    )
    return dict(rows_of(session, query))
