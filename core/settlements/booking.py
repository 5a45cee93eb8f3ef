"""A batch of rows of one statement, booked together: entries, items, estimates, bookings."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy.orm import Session

from core.db import table_of
from core.fees.dictionary import Category
from core.fees.dictionary import Dictionary
from core.fees.drift import fold_drift
from core.fees.estimating import ESTIMATE_COLUMNS
from core.fees.finality import settle
from core.fees.models import Estimate
from core.ids import id_stream
from core.kernel.models import Company
from core.ledger.journal import Dimensions
from core.ledger.journal import EntryDraft
from core.ledger.journal import Journal
from core.ledger.journal import Original
from core.ledger.periods import closed_months
from core.ledger.periods import open_day
from core.rates.finding import Rates
from core.rates.finding import rates_to
from core.rows import bulk_insert
from core.rows import bulk_update
from core.settlements import posting
from core.settlements.deriving import DEFERRED
from core.settlements.deriving import MOVES
from core.settlements.deriving import Deriver
from core.settlements.deriving import Judged
from core.settlements.known import Known
from core.settlements.models import Booking
from core.settlements.models import Statement
from core.settlements.posting import Leg
from core.settlements.posting import Legs

BOOKING_COLUMNS = (
    "company_id id statement_id entry_id outcome reason category account dictionary order_id"
    " line_id sku_id row_version"
).split()


Rest = Callable[[Journal], Leg | None]
"""Tells which leg of an entry in foreign currency takes what makes it balance."""


class StatementBatch:
    """Rows of one statement on their way into the books."""

    def __init__(
        self,
        session: Session,
        company: Company,
        statement: Statement,
        dictionary: Dictionary,
        rows: Sequence[Any],
    ) -> None:
        self.session = session
        self.statement = statement
        self.dictionary = dictionary
        self.company_id = company.id
        self.ids: Iterator[int] = id_stream(session)
        self.journal = Journal(session, company.id, company.currency)
        self.is_foreign = statement.currency != company.currency
        known = Known(session, statement, rows, self.journal, is_foreign=self.is_foreign)
        self.deriver = Deriver(statement, dictionary, known)
        self.judged: list[tuple[Judged, int | None]] = []
        self._days: dict[int, date] = {}
        self._closed = closed_months(session, company.id)
        self._drafts: list[tuple[EntryDraft, Legs, Rest]] = []
        self._rates = Rates(company.currency)
        if self.is_foreign:
            days = {statement.matched_on, *(row.posted_on for row in rows)}
            self._rates = rates_to(
                session, company.id, company.currency, {(statement.currency, day) for day in days}
            )

    def book(self, rows: Sequence[Any], *, late: bool = False) -> None:
        """Book rows for the first time; those of one order must come together.

        In a foreign currency money only moves once it is known what the rest is worth: such rows
        are left for when it is `late`.
        """
        if self.is_foreign:
            rows = [row for row in rows if late or not self.deriver.moves(row)]
            rows = sorted(rows, key=lambda row: row.amount < 0) if late else rows
        for row in rows:
            if row.deferred:
                self.judged.append((_deferred(row), None))
        released = [row for row in rows if not row.deferred]
        for ref, found in groupby(released, key=lambda row: row.order_ref):
            if ref:
                for group in self._groups(list(found)):
                    self._book_group(group)
            else:
                for row in found:
                    self._book_group([row])

    def _groups(self, rows: list[Any]) -> Iterator[list[Any]]:
        """Divide an order's rows by what they tell of; what is no sale by its day as well.

        The sale comes first, whatever it is called: what went back is taken from what it brought.
        """
        by_kind = groupby(sorted(rows, key=lambda r: (r.kind, r.id)), lambda r: r.kind)
        groups = [list(of_kind) for _, of_kind in by_kind]
        sales = [self.deriver.is_sale(group) for group in groups]
        for is_sale, group in sorted(zip(sales, groups, strict=True), key=lambda each: not each[0]):
            if len(group) == 1 or is_sale:
                yield group
            else:
                group.sort(key=lambda row: (row.posted_on, row.id))
                yield from (list(days) for _, days in groupby(group, lambda row: row.posted_on))

    def _book_group(self, rows: Sequence[Any]) -> None:
        first = rows[0]
        sale = self.deriver.is_sale(rows) and bool(first.order_ref)
        day = self.statement.matched_on if sale else first.posted_on
        if first.order_ref:
            part = f"{first.order_ref}/{first.kind}" + ("" if sale else f"/{day}")
        else:
            part = f"{first.fingerprint:x}.{first.occurrence}"
        legs = Legs()
        judged = self.deriver.derive(rows, legs)
        source = self.deriver.source(judged, first.order_ref)
        posting.settle(legs, source, sum(row.amount for row in rows))
        kind = "settlement_match" if sale else "settlement_other"
        moves = judged[0].category in MOVES

        def rest(journal: Journal) -> Leg:
            return legs.moved(journal, source) if moves else source

        self._enter(f"settled:{self.statement.key}/{part}", kind, day, judged, legs, rest)

    def rebook(self, rows: Sequence[Any], sources: Sequence[Leg], part: str) -> list[Judged]:
        """Book rows of one group again, each from the leg on which it stands so far.

        Returns the rows that stand elsewhere now; where none does, nothing is booked.
        """
        legs = Legs()
        judged = self.deriver.derive(rows, legs)
        for row, source in zip(rows, sources, strict=True):
            posting.settle(legs, source, row.amount)
        day = self.statement.matched_on if self.deriver.is_sale(rows) else rows[0].posted_on
        key, kind = f"rebooked:{self.statement.key}/{part}", "settlement_again"
        self._enter(key, kind, day, judged, legs, lambda _: legs.unowed(sources))
        return judged

    def _enter(
        self,
        key: str,
        kind: str,
        day: date,
        judged: Sequence[Judged],
        legs: Legs,
        rest: Rest,
    ) -> None:
        entry = self.journal.entry(
            next(self.ids),
            key,
            kind,
            open_day(day, self._closed),
            happened_on=day,
            order_id=judged[0].where.order_id,
            narration=f"Settlement {self.statement.external_ref}: {judged[0].row.name}",
        )
        self._days[entry.id] = day
        self._drafts.append((entry, legs, rest))
        self.judged += [(each, entry.id) for each in judged]

    def move_rest(self, amount: int, value: int) -> None:
        """Rules 18 and 20: pay out what the statement is worth, or carry over what it owes.

        `amount` is in its currency, `value` what that is worth in the books.
        """
        statement, legs = self.statement, Legs()
        where = Dimensions(self.deriver.known.only_shop)
        own = Leg(posting.BALANCE, where, item=self.deriver.own)
        if amount > 0 and statement.deposited_on is not None:
            kind, day = "payout", statement.deposited_on
            legs.debit(Leg(posting.IN_TRANSIT, where, item=self.deriver.own), amount)
        elif amount < 0:
            kind, day = "settlement_carried", statement.matched_on
            legs.debit(Leg(posting.BALANCE, where, item=self.deriver.carry), amount)
        else:
            self._realise(value if not amount else 0, own)
            return
        legs.debit(own, -amount)
        entry = self.journal.entry(
            next(self.ids),
            f"{kind}:{statement.key}",
            kind,
            open_day(day, self._closed),
            happened_on=day,
            narration=f"Settlement {statement.external_ref}",
        )
        self._days[entry.id] = statement.matched_on
        self._drafts.append((entry, legs, lambda journal: legs.moved(journal, own)))

    def _realise(self, value: int, own: Leg) -> None:
        """Let go what a statement is worth in the books although nothing of it is left."""
        if not value or own.item is None:
            return
        statement = self.statement
        entry = self.journal.entry(
            next(self.ids),
            f"settlement_rounded:{statement.key}",
            "settlement_rounded",
            open_day(statement.matched_on, self._closed),
            happened_on=statement.matched_on,
            narration=f"Settlement {statement.external_ref}",
        )
        self.journal.know_items(own.account, [own.item.key], locked=True)
        nothing = Original(statement.currency, 0)
        item = self.journal.owe(
            own.account, own.item.key, next(self.ids), -value, None, original=nothing
        )
        entry.add(own.account, -value, own.dimensions, item_id=item, original=nothing)
        entry.add(posting.EXCHANGE, value, own.dimensions, tag="conversion")

    def write(self) -> None:
        """Post the entries and what the batch knows of estimates."""
        items: dict[str, set[str]] = {}
        for _, legs, _ in self._drafts:
            for account, key in legs.items():
                items.setdefault(account, set()).add(key)
        for account, keys in sorted(items.items()):
            self.journal.know_items(account, keys, locked=self.is_foreign)
        for entry, legs, rest in self._drafts:
            if self.is_foreign:
                rate = self._rates.require(self.statement.currency, self._days[entry.id])
                legs.write(entry, self.journal, self.ids, rate, rest(self.journal))
            else:
                legs.write(entry, self.journal, self.ids)
        self.journal.post()
        bulk_update(
            self.session,
            table_of(Estimate),
            ["company_id", "id", "open", "actual"],
            [
                (self.company_id, each.id, each.open, each.actual)
                for each in sorted(self.deriver.changed.values(), key=lambda each: each.id)
            ],
            assign="open_amount = {open}, actual_amount = {actual}",
        )
        self._write_fees()

    def _write_fees(self) -> None:
        """Keep fees that nobody foresaw, how far estimates were off, and how final orders are."""
        deriver, day = self.deriver, self.statement.matched_on
        fresh = [
            (self.company_id, next(self.ids), each.order_id, each.line_id, each.account)
            + (0, 0, each.actual, "")
            for each in deriver.fresh.values()
        ]
        bulk_insert(self.session, table_of(Estimate), ESTIMATE_COLUMNS, fresh)
        fold_drift(self.session, self.company_id, day, deriver.drift)
        states = {
            part: order.finality for order in deriver.touched.values() for part in order.parts
        }
        settle(self.session, self.company_id, states, day)

    def write_bookings(self) -> None:
        """Keep how the rows were booked for the first time."""
        entries, version = self.entries(), self.dictionary.version
        rows = [
            (self.company_id, row.id, self.statement.id, entries[row.id], each.outcome)
            + (each.reason, each.category.value, each.account, version)
            + (*each.where[2:5], 1)
            for each, _ in self.judged
            for row in (each.row,)
        ]
        bulk_insert(self.session, table_of(Booking), BOOKING_COLUMNS, rows)

    def entries(self) -> dict[int, int | None]:
        """Return the entry of each row; one that moved nothing has none."""
        posted = {entry.id for entry, _, _ in self._drafts if entry.postings}
        return {each.row.id: entry if entry in posted else None for each, entry in self.judged}


def _deferred(row: Any) -> Judged:
    return Judged(row, None, Dimensions(), Category.OTHER, outcome=DEFERRED)
