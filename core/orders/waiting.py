"""Posting what had to wait: parcels that left before their tax, rate or period was there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import any_of
from core.db import table_of
from core.fees.estimating import ParcelFees
from core.fees.estimating import ParcelLine
from core.fees.estimating import SentParcel
from core.fees.reversing import ReturnedLine
from core.ids import id_stream
from core.kernel.models import Company
from core.ledger.journal import Dimensions
from core.ledger.journal import EntryDraft
from core.ledger.journal import Journal
from core.ledger.periods import closed_months
from core.ledger.periods import open_day
from core.orders.models import Order
from core.orders.models import OrderLine
from core.orders.posting import DEPOSITS
from core.orders.posting import MARKETPLACE_TAX
from core.orders.posting import RECEIVABLE
from core.orders.posting import TAXED
from core.orders.posting import BookableLine
from core.orders.posting import SalesEntry
from core.orders.posting import known_accounts_only
from core.orders.posting import missing_rate
from core.orders.posting import title_of
from core.orders.record import Actor
from core.orders.record import Record
from core.orders.taxing import AskedLine
from core.orders.taxing import AskedParcel
from core.orders.taxing import facts_of
from core.orders.told_taxes import NOTHING_TOLD
from core.orders.told_taxes import told_taxes
from core.orders.unposted import lines_of
from core.orders.unposted import unposted
from core.rates.finding import rates_to
from core.rates.rate import Rate
from core.rows import bulk_update
from core.stock.models import Document
from core.stock.warehouses import warehouses_of
from core.tax.booking import TaxBook
from core.tax.booking import charged_on
from core.tax.booking import line_taxes
from core.tax.booking import taxes_of_lines
from core.tax.booking import undone
from core.tax.deciding import Decided
from core.tax.deciding import decide
from core.tax.facts import TaxFacts
from core.tax.profile import load_profile

BATCH_PARCELS = 500


@dataclass(frozen=True, slots=True)
class PostingResult:
    """How many waiting parcels were looked at, how many are booked, and why others still wait."""

    looked_at: int
    posted: int
    reasons: Sequence[str]
    last_id: int


def post_waiting(session: Session, company_id: int, *, after: int = 0) -> PostingResult:
    """Book the next batch of waiting parcels for which nothing is missing any more.

    `after` is the `last_id` of the batch before; a batch that looked at nothing was the last.
    """
    parcels = _parcels(session, company_id, after)
    if not parcels:
        return PostingResult(0, 0, (), after)
    batch = _Waiting(session, company_id, parcels)
    reasons = [reason for parcel in parcels if (reason := batch.book(parcel)) is not None]
    batch.write()
    return PostingResult(
        len(parcels), len(parcels) - len(reasons), sorted(set(reasons)), parcels[-1].id
    )


def book_documents(
    session: Session, company_id: int, document_ids: Sequence[int], actor: str, journal: Journal
) -> None:
    """Book parcels that have just left, with what else is in a journal, and post it.

    One for which something is missing waits visibly.
    """
    parcels = session.execute(
        unposted(company_id).where(any_of(session, Document.id, document_ids))
    ).all()
    batch = _Waiting(session, company_id, parcels, actor, journal)
    for parcel in parcels:
        if (reason := batch.book(parcel)) is not None:
            batch.wait(parcel, reason)
    batch.write()


def _parcels(session: Session, company_id: int, after: int) -> Sequence[Any]:
    query = unposted(company_id).where(Document.id > after).limit(BATCH_PARCELS)
    return session.execute(query).all()


class _Waiting:
    def __init__(
        self,
        session: Session,
        company_id: int,
        parcels: Sequence[Any],
        actor: str = "post",
        journal: Journal | None = None,
    ) -> None:
        self.session = session
        self.record = Record(session, company_id, Actor(actor))
        self.company_id = company_id
        self.company = session.scalars(sa.select(Company).where(Company.id == company_id)).one()
        self.warehouses = warehouses_of(session, company_id)
        self.closed = closed_months(session, company_id)
        self.ids: Iterator[int] = id_stream(session)
        self.journal = journal or Journal(session, company_id, self.company.currency)
        self.journal.know_items(RECEIVABLE, {_key(parcel) for parcel in parcels})
        self.journal.know_items(DEPOSITS, {_key(parcel) for parcel in parcels}, locked=True)
        self.fees = ParcelFees(session, company_id, self.company.currency, self.journal, self.ids)
        foreign = [
            parcel for parcel in parcels if parcel.currency not in (None, self.company.currency)
        ]
        self.journal.know_items(MARKETPLACE_TAX, {_key(parcel) for parcel in foreign})
        self.rates = rates_to(
            session,
            company_id,
            self.company.currency,
            {(parcel.currency, parcel.booked_on) for parcel in foreign},
        )
        self.lines = lines_of(session, company_id, [parcel.id for parcel in parcels])
        self.taxes = TaxBook(session, company_id, self.ids)
        self.undone = taxes_of_lines(
            session,
            company_id,
            {
                line.original_line_id
                for lines in self.lines.values()
                for line in lines
                if line.original_line_id is not None
            },
        )
        self.facts = self._facts(parcels)
        decided = decide(session, company_id, self.facts.values())
        self.decided: Decided = known_accounts_only(decided, self.journal)
        self._posted: list[Any] = []
        self._kept_waiting: list[tuple[int, str]] = []
        self._line_tax: list[tuple[int, int, int, int]] = []
        self._order_tax: defaultdict[int, int] = defaultdict(int)

    def _facts(self, parcels: Sequence[Any]) -> Mapping[Hashable, TaxFacts]:
        open_lines = {
            parcel.id: [
                line
                for line in self.lines[parcel.id]
                if line.kind in TAXED and line.decision_id is None
            ]
            for parcel in parcels
        }
        self.told = told_taxes(
            self.session,
            self.company_id,
            {line.order_id for lines in open_lines.values() for line in lines},
        )
        asked = [
            self._asked(parcel, lines)
            for parcel in parcels
            for lines in _alike(parcel, open_lines[parcel.id])
        ]
        if not asked:
            return {}
        profile = load_profile(
            self.session,
            self.company_id,
            self.company.country,
            {warehouse.country for warehouse in self.warehouses.values()},
            {line.sku_id for lines in open_lines.values() for line in lines if line.sku_id},
        )
        return facts_of(self.session, self.company_id, profile, asked)

    def _asked(self, parcel: Any, lines: Sequence[Any]) -> AskedParcel:
        # A return bears the tax of the sale that it undoes, which may wait with it.
        first, warehouse = lines[0], self.warehouses[parcel.warehouse_id]
        return AskedParcel(
            left_on=_left_on(parcel, first),
            paid_on=first.sold_on or first.occurred_on,
            ship_from=warehouse.country,
            ship_to=first.sold_to or first.country,
            platform=parcel.platform,
            currency=parcel.currency or self.company.currency,
            lines=[
                AskedLine(line.id, line.kind, line.sku_id, line.net_amount, line.quantity)
                for line in lines
            ],
            from_region=warehouse.region,
            told=self.told.get(first.order_id, NOTHING_TOLD),
        )

    def book(self, parcel: Any) -> str | None:
        """Add a parcel's entry to the journal; return why it must still wait, if it must."""
        if (reason := self._missing(parcel)) is not None:
            return reason
        entry = self.journal.entry(
            next(self.ids),
            f"{parcel.kind}:{parcel.natural_key}",
            parcel.kind,
            open_day(parcel.booked_on, self.closed),
            happened_on=parcel.booked_on,
            order_id=parcel.order_id,
            document_id=parcel.id,
            narration=title_of(parcel.kind, parcel.external_ref),
        )
        sale = SalesEntry(self.journal, self.ids, entry, _key(parcel), self._rate(parcel))
        lines = self.lines[parcel.id]
        bookable = [self._bookable(parcel, line) for line in lines]
        for row, line in zip(lines, bookable, strict=True):
            sale.add(line)
            currency = parcel.currency or self.company.currency
            self.taxes.note(entry.id, entry.booked_on, row.id, currency, line.taxes)
            decided = (row.id, line.decision_id, line.taxes)
            self.taxes.sold(entry.booked_on, currency, line.parts())
            days = self._days(row)
            self.taxes.declare(entry.id, entry.booked_on, decided, parcel.booked_on, days)
        sale.finish(Dimensions(parcel.shop_id, parcel.country, parcel.order_id))
        self._note_fees(parcel, entry, lines, [line.tax for line in bookable])
        self._posted.append(parcel)
        return None

    def _rate(self, parcel: Any) -> Rate | None:
        if parcel.currency == self.company.currency:
            return None
        return self.rates.find(parcel.currency, parcel.booked_on)

    def _note_fees(
        self, parcel: Any, entry: EntryDraft, lines: Sequence[Any], taxes: Sequence[int]
    ) -> None:
        for line, tax in zip(lines, taxes, strict=True):
            if line.original_line_id is not None:
                self.fees.returned(
                    ReturnedLine(
                        entry, line.id, parcel.shop_id, line.original_line_id, line.order_id,
                        -line.net_amount - tax, -line.quantity, self._rate(parcel),
                    )
                )  # fmt: skip
        if parcel.kind != "sale":
            return
        sent = [
            ParcelLine(
                line.id, line.kind, line.account, line.sku_id, line.country,
                line.quantity, line.net_amount, tax,
            )
            for line, tax in zip(lines, taxes, strict=True)
        ]  # fmt: skip
        profit_order_id = lines[0].order_id if lines else parcel.order_id
        self.fees.sent(
            SentParcel(
                entry, _key(parcel), parcel.order_id, profit_order_id, parcel.shop_id,
                parcel.country, parcel.currency, parcel.booked_on, sent, self._rate(parcel),
            )
        )  # fmt: skip

    def _missing(self, parcel: Any) -> str | None:
        if parcel.currency != self.company.currency:
            day, key = parcel.booked_on, _key(parcel)
            why = missing_rate(self.journal, self.rates, key, parcel.currency, day)
            if why is not None:
                return why
        facts = (self.facts.get(line.id) for line in self.lines[parcel.id])
        reasons = (self.decided.unresolved.get(each) for each in facts if each is not None)
        return next((reason for reason in reasons if reason is not None), None)

    def _bookable(self, parcel: Any, line: Any) -> BookableLine:
        rate, account, decision_id = line.tax_rate or 0, line.tax_account or "", line.decision_id
        if (facts := self.facts.get(line.id)) is not None:
            decision_id, decision = self.decided.decisions[facts]
            rate, account = decision.charged_rate, decision.account
        taxes = undone(
            self.undone.get(line.original_line_id, ()), line.net_amount, line.sold_net or 0
        )
        if facts is not None and facts in self.decided.levies:
            taxes = line_taxes(self.decided.levies[facts], line.net_amount)
        tax, taxes = charged_on(line.net_amount, rate, account, taxes, line.platform_tax)
        if decision_id is not None:
            self._line_tax.append((self.company_id, line.id, tax, decision_id))
            self._order_tax[parcel.order_id] += tax - line.tax_amount
        warehouse = self.warehouses[parcel.warehouse_id]
        dimensions = Dimensions(
            parcel.shop_id, line.country, line.order_id, line.id, line.sku_id, warehouse.id
        )
        return BookableLine(
            line.account,
            line.net_amount,
            tax,
            account,
            decision_id,
            line.cost_amount,
            warehouse.inventory_account,
            dimensions,
            taxes,
        )

    def _days(self, line: Any) -> Mapping[int, date]:
        """Return the tax points of a sale; what undoes one is declared when it does."""
        facts = self.facts.get(line.id) if line.original_line_id is None else None
        return self.decided.days.get(facts, {}) if facts is not None else {}

    def wait(self, parcel: Any, reason: str) -> None:
        """Let a parcel that has just left wait for its posting."""
        self._kept_waiting.append((parcel.id, reason))
        self.record.raise_exception(parcel.order_id, "waiting", reason=reason)
        self.record.event(parcel.order_id, "waiting", reason=reason)

    def write(self) -> None:
        """Post the entries and take their parcels from the list of those that wait."""
        bulk_update(
            self.session,
            table_of(OrderLine),
            ["company_id", "id", "tax", "decision"],
            self._line_tax,
            assign="tax_amount = {tax}, decision_id = {decision}",
        )
        bulk_update(
            self.session,
            table_of(Order),
            ["company_id", "id", "tax"],
            [
                (self.company_id, parcel.order_id, self._order_tax.pop(parcel.order_id, 0))
                for parcel in self._posted
            ],
            assign="tax_amount = tax_amount + {tax}, row_version = row_version + 1",
        )
        bulk_update(
            self.session,
            table_of(Document),
            ["company_id", "id"],
            [(self.company_id, parcel.id) for parcel in self._posted],
            assign="posting_state = 'posted', waiting_for = NULL",
        )
        self.fees.write()
        self.taxes.write()
        self.journal.post()
        for parcel in self._posted:
            self.record.event(parcel.order_id, "posted", parcel=parcel.natural_key)
            self.record.solve(parcel.order_id, "waiting")
        self._write_reasons()
        self.record.write()

    def _write_reasons(self) -> None:
        rows = [
            {"c": self.company_id, "i": document_id, "r": reason}
            for document_id, reason in self._kept_waiting
        ]
        if rows:
            self.session.connection().execute(
                sa.text(
                    "UPDATE stock_document SET waiting_for = :r WHERE company_id = :c AND id = :i"
                ),
                rows,
            )


def _alike(parcel: Any, lines: Sequence[Any]) -> Iterable[Sequence[Any]]:
    """Return lines by day, country and order: a return may take back sales of several."""
    groups: defaultdict[tuple[object, ...], list[Any]] = defaultdict(list)
    for line in lines:
        groups[_left_on(parcel, line), line.sold_to or line.country, line.order_id].append(line)
    return groups.values()


def _left_on(parcel: Any, line: Any) -> date:
    """Return the day of a line's supply: its sale's, the parcel's, or its own where that is later.

    A document may have lines of several days, and a line that was ordered leaves with its parcel.
    """
    day: date = line.sold_on or max(parcel.booked_on, line.occurred_on)
    return day


def _key(parcel: Any) -> str:
    return f"{parcel.platform}/{parcel.account}/{parcel.external_ref}"
