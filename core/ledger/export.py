"""Exports of the journal to other bookkeeping programs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any
from typing import TextIO

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.kernel.models import Company
from core.ledger.models import Account
from core.ledger.models import Balance
from core.ledger.models import Entry
from core.ledger.models import Posting
from core.money import to_text


def export_beancount(session: Session, company_id: int, stream: TextIO) -> int:
    """Write a company's journal as beancount text and return how many entries it has.

    Each account closes with a balance assertion taken from the balances of the books, so that
    `bean-check` proves postings and balances against each other. Source: beancount's language
    syntax (balance assertions hold at the beginning of their day).
    """
    company = session.scalars(sa.select(Company).where(Company.id == company_id)).one()
    accounts = _accounts(session, company_id)
    _write_head(session, company, accounts, stream)
    count = 0
    for _, group in groupby(_postings(session, company_id), key=lambda row: row.entry_id):
        count += 1
        _write_entry(list(group), accounts, stream)
    _write_assertions(session, company, accounts, stream)
    return count


def _accounts(session: Session, company_id: int) -> dict[int, str]:
    query = sa.select(Account.id, Account.beancount).where(Account.company_id == company_id)
    return dict(session.execute(query).all())


def _write_head(
    session: Session, company: Company, accounts: dict[int, str], stream: TextIO
) -> None:
    first = session.scalar(
        sa.select(sa.func.min(Entry.booked_on)).where(Entry.company_id == company.id)
    )
    stream.write(f'option "title" {_quoted(company.name)}\n')
    stream.write(f'option "operating_currency" "{company.currency}"\n\n')
    if first is not None:
        for account_id in _used(session, company.id):
            stream.write(f"{first} open {accounts[account_id]} {company.currency}\n")
    stream.write("\n")


def _used(session: Session, company_id: int) -> list[int]:
    query = sa.select(Balance.account_id).where(Balance.company_id == company_id).distinct()
    return sorted(session.scalars(query))


def _postings(session: Session, company_id: int) -> Iterator[Any]:
    query = (
        sa.select(
            Posting.booked_on,
            Posting.entry_id,
            Posting.account_id,
            Posting.amount,
            Posting.currency,
            Posting.tag,
            Entry.kind,
            Entry.natural_key,
            Entry.narration,
        )
        .join(Entry, (Entry.company_id == Posting.company_id) & (Entry.id == Posting.entry_id))
        .where(Posting.company_id == company_id)
        .order_by(Posting.booked_on, Posting.entry_id, Posting.seq)
        .execution_options(yield_per=5000)
    )
    return iter(session.execute(query))


def _write_entry(rows: list[Any], accounts: dict[int, str], stream: TextIO) -> None:
    head = rows[0]
    stream.write(f"{head.booked_on} * {_quoted(head.narration)}\n")
    stream.write(f"  key: {_quoted(head.natural_key)}\n")
    for row in rows:
        amount = to_text(row.amount, row.currency)
        stream.write(f"  {accounts[row.account_id]}  {amount} {row.currency}\n")
    stream.write("\n")


def _write_assertions(
    session: Session, company: Company, accounts: dict[int, str], stream: TextIO
) -> None:
    last = session.scalar(
        sa.select(sa.func.max(Entry.booked_on)).where(Entry.company_id == company.id)
    )
    if last is None:
        return
    query = (
        sa.select(Balance.account_id, sa.cast(sa.func.sum(Balance.amount), sa.BigInteger))
        .where(Balance.company_id == company.id)
        .group_by(Balance.account_id)
        .order_by(Balance.account_id)
    )
    after = last.fromordinal(last.toordinal() + 1)
    for account_id, amount in session.execute(query):
        text = to_text(amount, company.currency)
        stream.write(f"{after} balance {accounts[account_id]}  {text} {company.currency}\n")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'
