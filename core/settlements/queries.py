"""What settlements there are, what became of their rows, and which codes nobody knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm import aliased

from core.db import rows_of
from core.errors import NotFound
from core.fees.dictionary import FeeCode
from core.ledger.models import Account
from core.paging import PAGE_SIZE
from core.paging import Cursor
from core.paging import Page
from core.paging import fetch_page
from core.settlements.models import Booking
from core.settlements.models import Statement
from core.settlements.models import StatementRow

_BOOKED_ROW = (Booking.company_id == StatementRow.company_id) & (Booking.id == StatementRow.id)


@dataclass(frozen=True, slots=True)
class Sum:
    """How many rows of one code came to how much, and where that stands."""

    code: FeeCode
    account: str | None
    outcome: str | None
    reason: str | None
    count: int
    amount: int


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A code that nobody knows, with what stands in suspense because of it."""

    platform: str
    code: FeeCode
    reason: str
    currency: str
    count: int
    amount: int


def list_statements(
    session: Session, company_id: int, cursor: Cursor | None, limit: int = PAGE_SIZE
) -> Page[Any]:
    """Return statements, the latest first, with what stands in suspense of each."""
    suspense = (
        sa.select(Booking.statement_id, sa.func.count().label("rows"))
        .where(Booking.company_id == company_id, Booking.outcome == "suspense")
        .group_by(Booking.statement_id)
        .subquery()
    )
    query = (
        sa.select(
            Statement.ended_at,
            Statement.id,
            Statement.platform,
            Statement.account,
            Statement.external_ref,
            Statement.currency,
            Statement.started_at,
            Statement.deposited_on,
            Statement.total_amount,
            Statement.sum_amount,
            Statement.row_count,
            Statement.state,
            Statement.rejection,
            sa.func.coalesce(suspense.c.rows, 0).label("suspense"),
        )
        .outerjoin(suspense, suspense.c.statement_id == Statement.id)
        .where(Statement.company_id == company_id)
    )
    key = (Statement.ended_at, Statement.id)
    return fetch_page(session, query, key, cursor, descending=True, limit=limit)


def get_statement(session: Session, company_id: int, statement_id: int) -> Statement:
    """Return a statement.

    Raises: NotFound.
    """
    query = sa.select(Statement).where(
        Statement.company_id == company_id, Statement.id == statement_id
    )
    return _found(session.scalar(query), str(statement_id))


def find_statement(session: Session, company_id: int, ref: str) -> Statement:
    """Return the latest statement that a platform knows by an id, the one that counts first.

    Raises: NotFound.
    """
    query = (
        sa.select(Statement)
        .where(Statement.company_id == company_id, Statement.external_ref == ref)
        .order_by(Statement.rejection, Statement.id.desc())
        .limit(1)
    )
    return _found(session.scalar(query), ref)


def _found(statement: Statement | None, ref: str) -> Statement:
    if statement is None:
        raise NotFound(f"There is no settlement {ref}.", hint="See entrepot settlement list.")
    return statement


def sums_of(session: Session, company_id: int, statement_id: int) -> list[Sum]:
    """Return what the rows of a statement come to, by code and by where they stand."""
    query = (
        sa.select(
            StatementRow.kind,
            StatementRow.code_group,
            StatementRow.name,
            Booking.account,
            Booking.outcome,
            Booking.reason,
            sa.func.count(),
            sa.cast(sa.func.sum(StatementRow.amount), sa.BigInteger),
        )
        .outerjoin(Booking, _BOOKED_ROW)
        .where(StatementRow.company_id == company_id, StatementRow.statement_id == statement_id)
        .group_by(
            StatementRow.kind,
            StatementRow.code_group,
            StatementRow.name,
            Booking.account,
            Booking.outcome,
            Booking.reason,
        )
        .order_by(StatementRow.kind, StatementRow.code_group, StatementRow.name, Booking.account)
    )
    return [Sum(FeeCode(*row[:3]), *row[3:]) for row in rows_of(session, query)]


def rows_of_statement(
    session: Session, company_id: int, statement_id: int, cursor: Cursor | None
) -> Page[Any]:
    """Return the rows of a statement in the order of the file, with how each was booked."""
    query = (
        sa.select(
            StatementRow.id,
            StatementRow.line_number,
            StatementRow.kind,
            StatementRow.code_group,
            StatementRow.name,
            StatementRow.amount,
            StatementRow.posted_on,
            StatementRow.order_ref,
            StatementRow.sku,
            Booking.account,
            Booking.outcome,
            Booking.reason,
            Booking.entry_id,
            Booking.order_id,
        )
        .outerjoin(Booking, _BOOKED_ROW)
        .where(StatementRow.company_id == company_id, StatementRow.statement_id == statement_id)
    )
    return fetch_page(session, query, (StatementRow.id,), cursor)


def unmapped_codes(
    session: Session, company_id: int, statement_id: int | None = None
) -> list[Unmapped]:
    """Return what stands in suspense by code, the largest amount first."""
    query = (
        sa.select(
            Statement.platform,
            StatementRow.kind,
            StatementRow.code_group,
            StatementRow.name,
            Booking.reason,
            Statement.currency,
            sa.func.count(),
            sa.cast(sa.func.sum(StatementRow.amount), sa.BigInteger),
        )
        .join(Booking, _BOOKED_ROW)
        .join(
            Statement,
            (Statement.company_id == StatementRow.company_id)
            & (Statement.id == StatementRow.statement_id),
        )
        .where(StatementRow.company_id == company_id, Booking.outcome == "suspense")
        .group_by(
            Statement.platform,
            StatementRow.kind,
            StatementRow.code_group,
            StatementRow.name,
            Booking.reason,
            Statement.currency,
        )
    )
    if statement_id is not None:
        query = query.where(StatementRow.statement_id == statement_id)
    found = [
        Unmapped(row[0], FeeCode(*row[1:4]), row[4] or "", *row[5:])
        for row in rows_of(session, query)
    ]
    return sorted(found, key=lambda each: (-abs(each.amount), each.code))


def suspense_query(company_id: int) -> sa.Select[*tuple[Any, ...]]:
    """Return the query for the rows in suspense, to be counted."""
    return sa.select(Booking.id).where(
        Booking.company_id == company_id, Booking.outcome == "suspense"
    )


def quarantined_query(company_id: int) -> sa.Select[*tuple[Any, ...]]:
    """Return the query for statements that did not add up and were not corrected since."""
    counts = aliased(Statement)
    corrected = (
        sa.select(counts.id)
        .where(
            counts.company_id == Statement.company_id,
            counts.platform == Statement.platform,
            counts.account == Statement.account,
            counts.external_ref == Statement.external_ref,
            counts.rejection == 0,
        )
        .exists()
    )
    return sa.select(Statement.id).where(
        Statement.company_id == company_id, Statement.state == "quarantined", ~corrected
    )


def accounts_to_choose(session: Session, company_id: int) -> Sequence[Any]:
    """Return the accounts that a code may be mapped to."""
    query = (
        sa.select(Account.code, Account.title)
        .where(Account.company_id == company_id, Account.code.not_in(("1210", "1590", "2150")))
        .order_by(Account.code)
    )
    return rows_of(session, query)
