"""The books while costs are added to goods: their day, their locks, where each cent goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.costing.averaging import cover
from core.costing.receipts import Received
from core.costing.tracing import Piece
from core.costing.tracing import book_pieces
from core.costing.tracing import spread
from core.costing.tracing import write_pieces
from core.costing.units import lock_roots
from core.costing.units import pools_of
from core.costing.units import units_of
from core.ids import next_id
from core.kernel.models import Company
from core.ledger.journal import EntryDraft
from core.ledger.journal import Journal
from core.ledger.periods import closed_months
from core.ledger.periods import open_day
from core.money import allocate
from core.stock.costing import is_average


class Books:
    """One company's books for one act; a fact of a closed month is booked in the next open one."""

    def __init__(self, session: Session, company_id: int, at: datetime | None = None) -> None:
        self.session = session
        self.company_id = company_id
        self.at = at or clock.now()
        company = session.scalars(sa.select(Company).where(Company.id == company_id)).one()
        told_on = self.at.astimezone(ZoneInfo(company.timezone)).date()
        self.told_on = told_on
        self.day = open_day(told_on, closed_months(session, company_id))
        self.journal = Journal(session, company_id, company.currency)

    def entry(self, natural_key: str, narration: str) -> EntryDraft:
        """Begin the entry of the act."""
        return self.journal.entry(
            next_id(self.session),
            natural_key,
            "landed_cost",
            self.day,
            narration=narration,
            happened_on=self.told_on,
        )

    def pieces(self, goods: Sequence[Received], amounts: Sequence[int]) -> list[Piece]:
        """Return where the amount of each of the goods goes, to the cent."""
        by_root: Counter[int] = Counter()
        received: Counter[int] = Counter()
        for each, amount in zip(goods, amounts, strict=True):
            # A receipt may bring a SKU as several layers: then they share by number.
            parts = allocate(amount, list(each.roots.values()))
            by_root.update(dict(zip(each.roots, parts, strict=True)))
            received.update(each.roots)
        if is_average(self.session, self.company_id):
            return cover(pools_of(self.session, self.company_id, by_root), received, by_root)
        return spread(units_of(self.session, self.company_id, by_root), by_root)

    def book(
        self,
        entry: EntryDraft,
        goods: Sequence[Received],
        amounts: Sequence[int],
        component: str,
        tag: str,
    ) -> int:
        """Add amounts to goods wherever they are now, and return what was debited in all."""
        lock_roots(self.session, self.company_id, [root for each in goods for root in each.roots])
        pieces = self.pieces(goods, amounts)
        write_pieces(self.session, self.company_id, pieces, component)
        return book_pieces(entry, pieces, tag)

    def post(self) -> None:
        """Write the entry."""
        self.session.flush()
        self.journal.post()
