"""What the ledger pages read; every query names its company."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import any_of
from core.errors import NotFound
from core.ledger.models import Account
from core.ledger.models import Balance
from core.ledger.models import Entry
from core.ledger.models import Posting
from core.paging import Cursor
from core.paging import Page
from core.paging import fetch_page

ENTRIES_SHOWN = 50
POSTINGS_SHOWN = 200


def trial_balance(session: Session, company_id: int) -> Sequence[Any]:
    """Return every account that was ever posted to with its balance; their sum is zero."""
    total = sa.cast(sa.func.sum(Balance.amount), sa.BigInteger)
    query = (
        sa.select(Account.id, Account.code, Account.title, Account.kind, total.label("amount"))
        .join(
            Balance,
            sa.and_(Balance.company_id == Account.company_id, Balance.account_id == Account.id),
        )
        .where(Account.company_id == company_id)
        .group_by(Account.id, Account.code, Account.title, Account.kind)
        .order_by(Account.code)
    )
    return session.execute(query).all()


def list_entries(session: Session, company_id: int, cursor: Cursor | None) -> Page[Any]:
    """Return a page of entries, the latest recorded first."""
    query = sa.select(
        Entry.id,
        Entry.booked_on,
        Entry.kind,
        Entry.natural_key,
        Entry.narration,
        Entry.order_id,
    ).where(Entry.company_id == company_id)
    return fetch_page(session, query, (Entry.id,), cursor, descending=True)


def last_entry_at(session: Session, company_id: int) -> datetime | None:
    """Return when something was booked last; None where nothing was."""
    query = sa.select(Entry.recorded_at).where(Entry.company_id == company_id)
    return session.scalar(query.order_by(Entry.id.desc()).limit(1))


def order_entries(session: Session, company_id: int, order_id: int) -> Sequence[Any]:
    """Return the entries of an order."""
    query = (
        sa.select(Entry.id, Entry.booked_on, Entry.kind, Entry.natural_key, Entry.narration)
        .where(Entry.company_id == company_id, Entry.order_id == order_id)
        .order_by(Entry.booked_on, Entry.id)
        .limit(ENTRIES_SHOWN)
    )
    return session.execute(query).all()


def get_entry(session: Session, company_id: int, entry_id: int) -> Entry:
    """Return an entry.

    Raises: NotFound, also for the entry of another company.
    """
    entry = session.scalar(
        sa.select(Entry).where(Entry.company_id == company_id, Entry.id == entry_id)
    )
    if entry is None:
        raise NotFound("There is no such entry.")
    return entry


def entry_accounts(
    session: Session, company_id: int, entries: Sequence[Any]
) -> dict[int, list[Any]]:
    """Return what some entries come to per account, by entry; each sums to zero."""
    if not entries:
        return {}
    total = sa.cast(sa.func.sum(Posting.amount), sa.BigInteger)
    query = (
        sa.select(Posting.entry_id, Account.code, Account.title, Posting.tag, total.label("amount"))
        .join(
            Account,
            sa.and_(Account.company_id == Posting.company_id, Account.id == Posting.account_id),
        )
        .where(
            Posting.company_id == company_id,
            # The day leads the key of the postings.
            Posting.booked_on.in_({entry.booked_on for entry in entries}),
            any_of(session, Posting.entry_id, [entry.id for entry in entries]),
        )
        .group_by(Posting.entry_id, Account.code, Account.title, Posting.tag)
        .order_by(Posting.entry_id, Account.code)
    )
    found: dict[int, list[Any]] = {entry.id: [] for entry in entries}
    for row in session.execute(query):
        found[row.entry_id].append(row)
    return found


def entry_postings(
    session: Session, company_id: int, entry: Entry, cursor: Cursor | None
) -> Page[Any]:
    """Return a page of the postings of an entry."""
    query = (
        sa.select(
            Posting.seq,
            Account.code,
            Account.title,
            Posting.amount,
            Posting.currency,
            Posting.tag,
            Posting.country,
            Posting.order_id,
            Posting.line_id,
            Posting.sku_id,
        )
        .join(
            Account,
            sa.and_(Account.company_id == Posting.company_id, Account.id == Posting.account_id),
        )
        .where(
            Posting.company_id == company_id,
            Posting.booked_on == entry.booked_on,
            Posting.entry_id == entry.id,
        )
    )
    return fetch_page(session, query, (Posting.seq,), cursor, limit=POSTINGS_SHOWN)
