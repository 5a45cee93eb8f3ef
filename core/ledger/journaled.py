"""The journal as exports read it: entries with their postings, in bounded memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import rows_of
from core.errors import InputError
from core.kernel.companies import CompanyInfo
from core.kernel.companies import company_of
from core.ledger.models import Account
from core.ledger.models import Entry
from core.ledger.models import Posting

OPENING = "opening"


class Line(NamedTuple):
    """A posting: `amount` in the company's currency, `own` in the currency of its document."""

    account_id: int
    amount: int
    currency: str
    own: int
    tag: str = ""
    shop_id: int | None = None
    country: str | None = None
    order_id: int | None = None
    sku_id: int | None = None
    warehouse_id: int | None = None


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """An entry with its postings; what is carried forward into a span is the entry `opening`."""

    booked_on: date
    id: int
    natural_key: str
    kind: str
    narration: str
    attributed_on: date | None
    rate: str | None
    lines: Sequence[Line]


class AccountFacts(NamedTuple):
    """How an account is named."""

    code: str
    title: str
    name: str


class Books:
    """A company's journal from one day to another, both included; empty is no limit."""

    def __init__(
        self, session: Session, company_id: int, start: date | None = None, end: date | None = None
    ) -> None:
        if start is not None and end is not None and start > end:
            raise InputError("the first day comes after the last one.", where="from")
        self.session = session
        self.company: CompanyInfo = company_of(session, company_id)
        self.start = start
        self.end = end
        columns = (Account.id, Account.code, Account.title, Account.beancount)
        query = sa.select(*columns).where(Account.company_id == company_id)
        self.accounts = {row[0]: AccountFacts(*row[1:]) for row in rows_of(session, query)}

    def span(self) -> tuple[date, date] | None:
        """Return the first and the last day with entries, or the days that were asked for."""
        query = sa.select(sa.func.min(Entry.booked_on), sa.func.max(Entry.booked_on))
        within = query.where(Entry.company_id == self.company.id, *self._within(Entry.booked_on))
        first, last = rows_of(self.session, within)[0]
        begin = self.start or first
        if begin is None:
            return None
        return begin, self.end or last or begin

    def count(self) -> int:
        """Return how many postings there are."""
        query = sa.select(sa.func.count()).where(
            Posting.company_id == self.company.id, *self._within(Posting.booked_on)
        )
        return self.session.scalar(query) or 0

    def entries(self) -> Iterator[JournalEntry]:
        """Yield the entries in the order of their days."""
        for _, group in groupby(self._rows(), key=lambda row: row.entry_id):
            rows = list(group)
            head = rows[0]
            yield JournalEntry(
                head.booked_on,
                head.entry_id,
                head.natural_key,
                head.kind,
                head.narration,
                head.attributed_on,
                head.rate,
                [Line(*row[: len(Line._fields)]) for row in rows],
            )

    def opening(self) -> JournalEntry | None:
        """Return what stood on the accounts before the first day, as one entry."""
        if self.start is None:
            return None
        lines = self._sums(Posting.booked_on < self.start)
        if not lines:
            return None
        return JournalEntry(
            self.start, 0, OPENING, OPENING, "Balances brought forward", None, None, lines
        )

    def closing(self) -> list[Line]:
        """Return what stands on the accounts at the end, by account and currency."""
        return self._sums(Posting.booked_on <= self.end if self.end is not None else sa.true())

    def unpriced(self) -> dict[tuple[int, str], tuple[int, int]]:
        """Return what postings without a price come to, by account and foreign currency.

        Those are postings whose worth moved by itself or against their amount; the first figure is
        their worth in the company's currency, the second their amount in their own.
        """
        query = (
            sa.select(
                Posting.account_id,
                Posting.currency,
                sa.cast(sa.func.sum(Posting.amount), sa.BigInteger),
                sa.cast(sa.func.sum(Posting.currency_amount), sa.BigInteger),
            )
            .where(
                Posting.company_id == self.company.id,
                *self._within(Posting.booked_on),
                Posting.currency != self.company.currency,
                sa.or_(
                    Posting.currency_amount == 0,
                    sa.and_(Posting.currency_amount > 0, Posting.amount < 0),
                    sa.and_(Posting.currency_amount < 0, Posting.amount > 0),
                ),
            )
            .group_by(Posting.account_id, Posting.currency)
        )
        found = {(row[0], row[1]): (row[2], row[3]) for row in rows_of(self.session, query)}
        for line in self._carried():
            worth, units = found.get((line.account_id, line.currency), (0, 0))
            found[line.account_id, line.currency] = (worth + line.amount, units + line.own)
        return found

    def _carried(self) -> list[Line]:
        """Return the opening's lines that are written without a price."""
        opening = self.opening()
        home = self.company.currency
        return [
            line
            for line in (opening.lines if opening is not None else ())
            if line.currency != home and (line.own == 0 or line.own * line.amount < 0)
        ]

    def currencies(self) -> dict[int, list[str]]:
        """Return in which currencies each account was posted to, the accounts in their order."""
        query = (
            sa.select(Posting.account_id, Posting.currency)
            .where(Posting.company_id == self.company.id)
            .distinct()
        )
        found: defaultdict[int, list[str]] = defaultdict(list)
        for account_id, currency in sorted(rows_of(self.session, query)):
            found[account_id].append(currency)
        return dict(sorted(found.items(), key=lambda each: self.accounts[each[0]].code))

    def _sums(self, when: Any) -> list[Line]:
        query = (
            sa.select(
                Posting.account_id,
                sa.cast(sa.func.sum(Posting.amount), sa.BigInteger),
                Posting.currency,
                sa.cast(sa.func.sum(Posting.currency_amount), sa.BigInteger),
            )
            .where(Posting.company_id == self.company.id, when)
            .group_by(Posting.account_id, Posting.currency)
        )
        rows = [Line(*row) for row in rows_of(self.session, query)]
        found = [line for line in rows if line.amount or line.own]
        return sorted(found, key=lambda each: (self.accounts[each.account_id].code, each.currency))

    def _rows(self) -> Iterator[Any]:
        query = (
            sa.select(
                Posting.account_id,
                Posting.amount,
                Posting.currency,
                Posting.currency_amount,
                Posting.tag,
                Posting.shop_id,
                Posting.country,
                Posting.order_id,
                Posting.sku_id,
                Posting.warehouse_id,
                Posting.booked_on,
                Posting.entry_id,
                Entry.natural_key,
                Entry.kind,
                Entry.narration,
                Entry.attributed_on,
                Entry.rate,
            )
            .join(Entry, (Entry.company_id == Posting.company_id) & (Entry.id == Posting.entry_id))
            .where(Posting.company_id == self.company.id, *self._within(Posting.booked_on))
            .order_by(Posting.booked_on, Posting.entry_id, Posting.seq)
            .execution_options(yield_per=5000)
        )
        return iter(self.session.execute(query))

    def _within(self, column: Any) -> list[Any]:
        limits = []
        if self.start is not None:
            limits.append(column >= self.start)
        if self.end is not None:
            limits.append(column <= self.end)
        return limits
