"""Rule 28: goods moved between one's own warehouses in two countries, and the VAT on that.

The goods carry their layers, as on any transfer. Where a tax regime takes such a movement for a
supply to oneself, exempt where the goods leave and acquired where they arrive, its base is their
cost, and the tax on the acquisition is owed and recovered by one entry (2300 and 1500). It is
booked on the day on which they leave. What cannot be decided yet never keeps goods from moving: it
waits, is noted on the transfer and tried again. Source: DOMAIN §2.3; directive 2006/112/EC art. 17,
21, 76.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm import aliased

from core import clock
from core.db import rows_of
from core.errors import EntrepotError
from core.errors import Unresolved
from core.ids import id_stream
from core.kernel import hooks
from core.kernel.companies import company_of
from core.ledger.journal import Dimensions
from core.ledger.journal import Journal
from core.ledger.models import Account
from core.ledger.models import Entry
from core.ledger.models import Posting
from core.ledger.periods import closed_months
from core.ledger.periods import open_day
from core.rates.finding import rates_to
from core.rates.rate import Rate
from core.rates.rate import same
from core.stock.booking import postings_of
from core.stock.models import Document
from core.stock.models import Warehouse
from core.tax.booking import TaxBook
from core.tax.booking import line_taxes
from core.tax.deciding import Decided
from core.tax.deciding import decide
from core.tax.decision import Levy
from core.tax.decision import TaxDecision
from core.tax.facts import TaxFacts
from core.tax.profile import load_profile
from core.tax.sale import Sale
from core.tax.sale import SaleLine
from core.warehousing.models import Transfer
from core.warehousing.models import TransferLine
from core.warehousing.models import WorkEvent
from core.warehousing.timeline import note
from core.warehousing.timeline import steps

KIND = "own_goods"
INPUT_TAX = "1500"
WAITS = "tax_waiting"
LATELY = timedelta(days=62)


@dataclass(frozen=True, slots=True)
class OwnGoodsTaxed:
    """How many movements were looked at and booked, and why others wait, by their reference."""

    looked_at: int
    booked: int
    waiting: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Moved:
    """Goods of one SKU that moved, with their cost in minor units of the company."""

    sku_id: int
    quantity: int
    cost: int


def tax_own_goods(
    session: Session, company_id: int, references: Sequence[str] | None = None
) -> OwnGoodsTaxed:
    """Book the VAT of movements between countries that are not booked yet.

    Those named or, without names, those that wait and those of the last two months, in which a
    regime that was switched on late may have a say.
    """
    found = _movements(session, company_id, references)
    booked, waiting = 0, dict[str, str]()
    for row in found:
        try:
            booked += _Movement(session, company_id, row).book()
        except EntrepotError as error:
            waiting[row.reference] = str(error)
            _note_waiting(session, company_id, row.id, str(error))
    return OwnGoodsTaxed(len(found), booked, waiting)


def _note_waiting(session: Session, company_id: int, transfer_id: int, reason: str) -> None:
    """Say on the transfer why its tax waits; the same reason is said once."""
    last = next((s for s in steps(session, company_id, "transfer", transfer_id)
                 if s.kind == WAITS), None)  # fmt: skip
    if last is None or last.detail.get("reason") != reason:
        note(session, company_id, "transfer", transfer_id, WAITS, KIND, reason=reason)


def _movements(
    session: Session, company_id: int, references: Sequence[str] | None
) -> Sequence[Any]:
    """Return transfers between two countries that have left and have no entry of their tax."""
    here, there = aliased(Warehouse), aliased(Warehouse)
    booked = sa.exists().where(
        Entry.company_id == Transfer.company_id,
        Entry.natural_key == f"{KIND}:" + Transfer.reference,
    )
    query = (
        sa.select(
            Transfer.id,
            Transfer.reference,
            Transfer.to_id,
            Document.id.label("document_id"),
            Document.booked_on,
            here.country.label("origin"),
            here.inventory_account.label("account"),
            there.country.label("target"),
        )
        .join(here, (here.company_id == Transfer.company_id) & (here.id == Transfer.from_id))
        .join(there, (there.company_id == Transfer.company_id) & (there.id == Transfer.to_id))
        .join(
            Document,
            (Document.company_id == Transfer.company_id)
            & (Document.kind == "transfer_out")
            & (Document.natural_key == Transfer.reference + "/ship"),
        )
        .where(Transfer.company_id == company_id, here.country != there.country, ~booked)
        .order_by(Transfer.id)
    )
    if references is not None:
        query = query.where(Transfer.reference.in_(list(references)))
    else:
        waits = sa.exists().where(
            WorkEvent.company_id == Transfer.company_id,
            WorkEvent.subject == "transfer",
            WorkEvent.subject_id == Transfer.id,
            WorkEvent.kind == WAITS,
        )
        query = query.where(waits | (Document.booked_on >= clock.now().date() - LATELY))
    return rows_of(session, query)


class _Movement:
    """One movement on its way into the books."""

    def __init__(self, session: Session, company_id: int, row: Any) -> None:
        self.session, self.company_id, self.row = session, company_id, row
        self.company = company_of(session, company_id)
        self.day: date = row.booked_on

    def book(self) -> bool:
        """Book what the regimes decide, and say whether any of them has a say.

        Raises: Unresolved saying what is missing.
        """
        moved = list(self._moved())
        facts = self._facts(moved)
        decided = decide(self.session, self.company_id, facts)
        reasons = {why for fact, why in decided.unresolved.items() if fact not in decided.unclaimed}
        if reasons:
            raise Unresolved(" ".join(sorted(reasons)))
        taxed = [pair for pair in zip(moved, facts, strict=True) if pair[1] in decided.decisions]
        if taxed:
            self._write(taxed, decided)
        return bool(taxed)

    def _moved(self) -> Iterator[_Moved]:
        """Yield what left, at the cost that its entry carries."""
        row = self.row
        bears = (Account.code == row.account) & (Posting.amount < 0)
        costs = {
            sku_id: -amount
            for _, sku_id, _, amount in postings_of(
                self.session, self.company_id, [row.document_id], bears
            )
        }
        line = TransferLine
        query = (
            sa.select(line.sku_id, line.shipped)
            .where(line.company_id == self.company_id, line.transfer_id == row.id)
            .order_by(line.sku_id)
        )
        for sku_id, shipped in rows_of(self.session, query):
            if cost := costs.get(sku_id, 0):
                yield _Moved(sku_id, shipped, cost)

    def _facts(self, moved: Sequence[_Moved]) -> list[TaxFacts]:
        profile = load_profile(
            self.session,
            self.company_id,
            self.company.country,
            (self.row.origin, self.row.target),
            {each.sku_id for each in moved},
        )
        lines = [
            SaleLine(
                each.cost,
                each.quantity,
                KIND,
                profile.of(each.sku_id).hs6,
                profile.of(each.sku_id).tax_class,
            )
            for each in moved
        ]
        sale = Sale(
            taxed_on=self.day,
            ship_from=self.row.origin,
            ship_to=self.row.target,
            seller_country=self.company.country,
            platform="",
            currency=self.company.currency,
            lines=lines,
            seller=profile.seller,
        )
        return sale.facts()

    def _write(self, taxed: Sequence[tuple[_Moved, TaxFacts]], decided: Decided) -> None:
        row, ids = self.row, id_stream(self.session)
        journal = Journal(self.session, self.company_id, self.company.currency)
        closed = closed_months(self.session, self.company_id)
        entry = journal.entry(
            next(ids), f"{KIND}:{row.reference}", KIND, open_day(self.day, closed),
            happened_on=self.day, document_id=row.document_id,
            narration=f"Own goods from {row.origin} to {row.target}, {row.reference}",
        )  # fmt: skip
        book = TaxBook(self.session, self.company_id, ids)
        for each, fact in taxed:
            first = decided.decisions[fact]
            levies = decided.levies.get(fact) or ((first[0], Levy(first[1])),)
            rate = self._rate(first[1])
            entry.rate = rate.note
            base = rate.inverse().convert(each.cost)
            taxes = tuple(t._replace(net=0, further=True) for t in line_taxes(levies, base))
            book.note(entry.id, entry.booked_on, None, rate.base, taxes)
            where = Dimensions(sku_id=each.sku_id, warehouse_id=row.to_id)
            for tax, (_, levy) in zip(taxes, levies, strict=True):
                if levy.decision.role == "acquisition":
                    value = rate.convert(tax.amount)
                    entry.add(INPUT_TAX, value, where, original=rate.original(tax.amount))
                    entry.add(
                        tax.account, -value, where,
                        decision_id=tax.decision_id, original=rate.original(-tax.amount),
                    )  # fmt: skip
        if entry.postings:
            book.write()
        journal.post()

    def _rate(self, decision: TaxDecision) -> Rate:
        """Return the day's rate from the money of a regime's returns to the company's.

        Raises: Unresolved without one.
        """
        ours = self.company.currency
        offered = {regime.code: regime for _, regime in hooks.collect(self.session, "tax_regimes")}
        money: str = getattr(offered.get(decision.regime), "currency", ours)
        if money == ours:
            return same(ours, self.day)
        rates = rates_to(self.session, self.company_id, ours, [(money, self.day)])
        return rates.require(money, self.day)
