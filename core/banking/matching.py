"""Finding the payouts that arrived: by amount and time, by the settlement's id where it is told.

A payout that leaves a platform stands on 1060; the bank's line takes it from there. Of several
that could be it the line names, or is nearest to; where that leaves a doubt nothing is booked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.banking.converting import Purses
from core.banking.models import BankLine
from core.banking.models import BankProfile
from core.db import rows_of
from core.db import table_of
from core.identity.audit import audit
from core.ids import id_stream
from core.kernel.models import Company
from core.ledger.journal import Dimensions
from core.ledger.journal import Journal
from core.ledger.journal import Original
from core.ledger.models import Account
from core.ledger.models import Entry
from core.ledger.models import Item
from core.ledger.periods import closed_months
from core.ledger.periods import open_day
from core.psp import posting as psp
from core.settlements.models import Statement

IN_TRANSIT = "1060"
BEFORE = timedelta(days=3)
AFTER = timedelta(days=14)


@dataclass(slots=True)
class Payout:
    """Money on its way: positive to the seller, negative what he was charged."""

    key: str
    ref: str
    paid_on: date
    open: int

    @property
    def what(self) -> str:
        """Return what it is called in the books."""
        return "Payout" if self.key.startswith(psp.ITEMS) else "Settlement"


def match_payouts(session: Session, profile: BankProfile) -> int:
    """Book the lines of a bank that are payouts and return how many; the others stay open."""
    company = session.execute(
        sa.select(Company).where(Company.id == profile.company_id)
    ).scalar_one()
    payouts = _payouts(session, profile)
    pairs = [
        (line, found)
        for line in _open_lines(session, profile)
        if (found := _payout_of(line, payouts)) is not None and _take(found)
    ]
    if pairs:
        _book(session, company, profile, pairs)
    return len(pairs)


def _take(payout: Payout) -> bool:
    payout.open = 0
    return True


def _payouts(session: Session, profile: BankProfile) -> list[Payout]:
    key = Statement.platform + "/" + Statement.account + "/" + Statement.external_ref
    query = (
        sa.select(
            Item.natural_key,
            Item.open_amount,
            Statement.external_ref,
            sa.func.coalesce(Statement.deposited_on, Statement.matched_on).label("paid_on"),
        )
        .join(Account, (Account.company_id == Item.company_id) & (Account.id == Item.account_id))
        .join(
            Statement,
            (Statement.company_id == Item.company_id)
            & (Statement.rejection == 0)
            & (key == Item.natural_key),
        )
        .where(
            Item.company_id == profile.company_id,
            Account.code == IN_TRANSIT,
            Item.currency == profile.currency,
            Item.open_amount != 0,
        )
        .order_by(Item.id)
        .with_for_update(of=Item)
    )
    settled = [
        Payout(row.natural_key, row.external_ref, row.paid_on, row.open_amount)
        for row in rows_of(session, query)
    ]
    return settled + [
        Payout(row.natural_key, row.natural_key.split("/", 2)[2], row.paid_on, row.open_amount)
        for row in rows_of(session, _of_providers(profile))
    ]


def _of_providers(profile: BankProfile) -> sa.Select[*tuple[Any, ...]]:
    """Return the query for what payment providers paid out: each by an entry of its own."""
    name = sa.func.substr(Item.natural_key, len(psp.ITEMS) + 1)
    return (
        sa.select(
            Item.natural_key,
            Item.open_amount,
            sa.func.coalesce(Entry.attributed_on, Entry.booked_on).label("paid_on"),
        )
        .join(Account, (Account.company_id == Item.company_id) & (Account.id == Item.account_id))
        .join(
            Entry,
            (Entry.company_id == Item.company_id) & (Entry.natural_key == psp.ENTRIES + name),
        )
        .where(
            Item.company_id == profile.company_id,
            Account.code == IN_TRANSIT,
            Item.natural_key.startswith(psp.ITEMS),
            Item.currency == profile.currency,
            Item.open_amount != 0,
        )
        .order_by(Item.id)
        .with_for_update(of=Item)
    )


def _open_lines(session: Session, profile: BankProfile) -> Sequence[Any]:
    query = (
        sa.select(
            BankLine.id,
            BankLine.fingerprint,
            BankLine.occurrence,
            BankLine.booked_on,
            BankLine.amount,
            BankLine.text,
        )
        .where(
            BankLine.company_id == profile.company_id,
            BankLine.profile_id == profile.id,
            BankLine.item_key.is_(None),
        )
        .order_by(BankLine.booked_on, BankLine.id)
    )
    return rows_of(session, query)


def _payout_of(line: Any, payouts: Sequence[Payout]) -> Payout | None:
    """Return the one payout that a line can be."""
    fitting = [
        each
        for each in payouts
        if each.open
        and each.open == line.amount
        and each.paid_on - BEFORE <= line.booked_on <= each.paid_on + AFTER
    ]
    named = [each for each in fitting if each.ref in line.text]
    if named:
        return named[0] if len(named) == 1 else None
    if len(fitting) <= 1:
        return fitting[0] if fitting else None
    fitting.sort(key=lambda each: abs(line.booked_on - each.paid_on))
    nearest, next_one = fitting[0], fitting[1]
    if abs(line.booked_on - nearest.paid_on) == abs(line.booked_on - next_one.paid_on):
        return None
    return nearest


def _book(
    session: Session,
    company: Company,
    profile: BankProfile,
    pairs: Sequence[tuple[Any, Payout]],
) -> None:
    journal, ids = Journal(session, company.id, company.currency), id_stream(session)
    closed = closed_months(session, company.id)
    journal.know_items(IN_TRANSIT, {payout.key for _, payout in pairs}, locked=True)
    purses = Purses(session, journal)
    is_foreign = profile.currency != company.currency
    matched = []
    for line, payout in pairs:
        entry = journal.entry(
            next(ids),
            f"bank:{profile.name}/{line.fingerprint:x}.{line.occurrence}",
            "bank_receipt",
            open_day(line.booked_on, closed),
            happened_on=line.booked_on,
            narration=f"{payout.what} {payout.ref} at {profile.name}",
        )
        # Rule 18: money that is on its way arrives at what it carries.
        value, _ = journal.carried(IN_TRANSIT, payout.key, -line.amount)
        original = Original(profile.currency, -line.amount) if is_foreign else None
        item = journal.owe(IN_TRANSIT, payout.key, next(ids), value, None, original=original)
        purses.move(entry, profile, next(ids), line.amount, -value, "actual")
        entry.add(IN_TRANSIT, value, Dimensions(), item_id=item, original=original)
        matched.append({"c": company.id, "i": line.id, "k": payout.key, "e": entry.id})
    journal.post()
    table = table_of(BankLine)
    session.connection().execute(
        sa.update(table)
        .where(table.c.company_id == sa.bindparam("c"), table.c.id == sa.bindparam("i"))
        .values(item_key=sa.bindparam("k"), entry_id=sa.bindparam("e")),
        matched,
    )
    audit(
        session, "bank.matched", f"bank:{profile.name}",
        after={"lines": len(matched)}, company_id=company.id,
    )  # fmt: skip
