"""Reversing entries: a booked fact is never changed, an entry of its own undoes it.

Only entries that stand for nothing else are reversed by hand. What came from a document (a parcel,
a receipt, a settlement) has its own way back, which also moves the goods and the open items.
"""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import rows_of
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.identity.deeds import say
from core.ids import next_id
from core.kernel.models import Company
from core.ledger.journal import EXCHANGING
from core.ledger.journal import Dimensions
from core.ledger.journal import EntryDraft
from core.ledger.journal import Journal
from core.ledger.journal import Original
from core.ledger.models import Account
from core.ledger.models import Entry
from core.ledger.models import Posting
from core.ledger.periods import closed_months
from core.ledger.periods import month_of
from core.ledger.periods import open_day

REVERSIBLE = frozenset({"manual", "own_cost"})
"""Kinds of entries that stand for themselves."""


def reverse_entry(
    session: Session, company_id: int, natural_key: str, *, reason: str, on: date | None = None
) -> EntryDraft:
    """Book the opposite of an entry, linked to it, on its own day or the first open one after it.

    Raises: NotFound, InputError without a reason, Conflict for an entry that cannot be reversed.
    """
    if not reason.strip():
        raise InputError("say why the entry is reversed.", where="reason")
    entry = _require_reversible(session, company_id, natural_key)
    day = on or entry.booked_on
    if day < entry.booked_on:
        raise InputError(f"{day} is before the entry's own day, {entry.booked_on}.", where="on")
    closed = closed_months(session, company_id)
    if on is not None and month_of(on) in closed:
        raise Conflict(f"The period {on:%Y-%m} is closed.", hint="Choose a day of an open one.")
    currency = session.scalars(sa.select(Company.currency).where(Company.id == company_id)).one()
    journal = Journal(session, company_id, currency)
    made = journal.entry(
        next_id(session),
        f"reversal:{natural_key}",
        "reversal",
        open_day(day, closed),
        order_id=entry.order_id,
        narration=f"Reversal of {natural_key}: {reason.strip()}",
        happened_on=day,
    )
    made.reverses_id = entry.id
    _undo(session, company_id, currency, entry, made)
    journal.post()
    say(
        session,
        company_id,
        "entry.reversed",
        f"entry:{natural_key}",
        after={"reason": reason.strip(), "booked_on": made.booked_on.isoformat()},
    )
    return made


def reversal_of(session: Session, company_id: int, entry_id: int) -> Entry | None:
    """Return the entry that reverses another one, if there is one."""
    return session.scalar(
        sa.select(Entry).where(Entry.company_id == company_id, Entry.reverses_id == entry_id)
    )


def _require_reversible(session: Session, company_id: int, natural_key: str) -> Entry:
    entry = session.scalar(
        sa.select(Entry).where(Entry.company_id == company_id, Entry.natural_key == natural_key)
    )
    if entry is None:
        raise NotFound(f"There is no entry {natural_key!r}.", hint="The ledger's pages show keys.")
    if entry.kind not in REVERSIBLE:
        raise Conflict(
            f"An entry of kind {entry.kind} is not reversed by hand.",
            hint="Undo the document that it comes from: a return, a credit, a correcting count.",
        )
    if (done := reversal_of(session, company_id, entry.id)) is not None:
        raise Conflict(f"{natural_key} is reversed already, by {done.natural_key}.")
    return entry


def _undo(session: Session, company_id: int, currency: str, entry: Entry, made: EntryDraft) -> None:
    query = (
        sa.select(
            Account.code,
            Posting.amount,
            Posting.shop_id,
            Posting.country,
            Posting.order_id,
            Posting.line_id,
            Posting.sku_id,
            Posting.warehouse_id,
            Posting.decision_id,
            Posting.tag,
            Posting.currency,
            Posting.currency_amount,
        )
        .join(
            Account, (Account.company_id == Posting.company_id) & (Account.id == Posting.account_id)
        )
        .where(
            Posting.company_id == company_id,
            Posting.booked_on == entry.booked_on,
            Posting.entry_id == entry.id,
        )
        .order_by(Posting.seq)
    )
    made.rate = entry.rate
    for row in rows_of(session, query):
        where = Dimensions(*row[2:8])
        foreign = row.currency != currency
        made.add(
            row.code,
            -row.amount,
            where,
            # What moved value between currencies moves it back: it balances in none of them.
            tag=row.tag if row.tag in EXCHANGING else "reversal",
            decision_id=row.decision_id,
            original=Original(row.currency, -row.currency_amount) if foreign else None,
        )
