"""The floor on which goods are handled: levels locked in order, documents, books, one write.

Everything that changes stock by hand goes through here: what is locked, in which order, and what
the ledger learns of it, is decided once.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.catalog.models import Sku
from core.db import any_of
from core.errors import Conflict
from core.errors import NotFound
from core.ids import id_stream
from core.kernel import hooks
from core.kernel.models import Company
from core.ledger.journal import Dimensions
from core.ledger.journal import EntryDraft
from core.ledger.journal import Journal
from core.ledger.periods import closed_months
from core.ledger.periods import open_day
from core.stock.carrying import CarryingBatch
from core.stock.covering import book_covers
from core.stock.models import Document
from core.stock.models import Warehouse
from core.stock.states import DocumentState
from core.stock.states import Why
from core.stock.storing import SELLABLE


class Spot(NamedTuple):
    """Where goods lie, and in which condition."""

    warehouse_id: int
    condition: str = SELLABLE

    @property
    def turn(self) -> tuple[bool, int, str]:
        """Return the place of its lock: what is for sale first, as work on orders locks it."""
        return self.condition != SELLABLE, self.warehouse_id, self.condition


class Floor:
    """The stock and the books of one company while goods are handled."""

    def __init__(self, session: Session, company_id: int, at: datetime | None = None) -> None:
        self.session = session
        self.company_id = company_id
        self.at = at or clock.now()
        company = session.scalars(sa.select(Company).where(Company.id == company_id)).one()
        self.currency = company.currency
        self.day = self.at.astimezone(ZoneInfo(company.timezone)).date()
        self.closed = closed_months(session, company_id)
        self.ids: Iterator[int] = id_stream(session)
        self.journal = Journal(session, company_id, company.currency)
        self._warehouses: dict[int, Warehouse] = {}
        self._batches: dict[Spot, CarryingBatch] = {}

    def lock(self, wanted: Mapping[Spot, Collection[int]]) -> None:
        """Lock the levels of some SKUs at some spots, all at once and in a fixed order."""
        query = sa.select(Warehouse).where(
            Warehouse.company_id == self.company_id,
            any_of(self.session, Warehouse.id, sorted({spot.warehouse_id for spot in wanted})),
        )
        self._warehouses = {each.id: each for each in self.session.scalars(query)}
        for spot in sorted(wanted, key=lambda each: each.turn):
            batch = CarryingBatch(
                self.session,
                self.company_id,
                self.currency,
                spot.warehouse_id,
                self.ids,
                spot.condition,
            )
            batch.lock(wanted[spot])
            self._batches[spot] = batch

    def at_spot(self, spot: Spot) -> CarryingBatch:
        """Return the stock at a locked spot."""
        return self._batches[spot]

    def account(self, spot: Spot) -> str:
        """Return the inventory account of a locked spot."""
        return self._warehouses[spot.warehouse_id].inventory_account

    def document(self, spot: Spot, kind: str, key: str) -> DocumentState:
        """Begin an event at a spot."""
        return self._batches[spot].document(next(self.ids), kind, key, self.at, self.day)

    def entry(self, document: DocumentState, kind: str, narration: str) -> EntryDraft:
        """Begin the entry of an event; one told of late is booked in the next open month."""
        return self.journal.entry(
            next(self.ids),
            f"{document.kind}:{document.natural_key}",
            kind,
            open_day(self.day, self.closed),
            happened_on=self.day,
            document_id=document.id,
            narration=narration,
        )

    def where(self, spot: Spot, sku_id: int) -> Dimensions:
        """Return the dimensions of a posting about a SKU at a spot."""
        return Dimensions(sku_id=sku_id, warehouse_id=spot.warehouse_id)

    def why(self, reason: str, spot: Spot, sku_id: int) -> Why:
        """Return what a move at a spot goes back to."""
        return Why(reason, None, self.where(spot, sku_id))

    def write(self) -> None:
        """Write the stock and the books, and tell the addons what moved."""
        for spot in sorted(self._batches):
            batch = self._batches[spot]
            book_covers(self.journal, batch, self.account(spot), self.ids, self.closed)
        for spot in sorted(self._batches):
            self._batches[spot].write()
        self.journal.post()
        if hooks.wanted(self.session, "observe", "stock_moved"):
            moves = tuple(m for spot in sorted(self._batches) for m in self._batches[spot].moved())
            hooks.observe(self.session, "stock_moved", moves=moves)


def sku_codes(session: Session, company_id: int, sku_ids: Collection[int]) -> dict[int, str]:
    """Return the codes of some SKUs."""
    query = sa.select(Sku.id, Sku.code).where(
        Sku.company_id == company_id, any_of(session, Sku.id, sorted(sku_ids))
    )
    return dict(session.execute(query).all())


def skus_named(session: Session, company_id: int, codes: Collection[str]) -> dict[str, int]:
    """Return the ids of SKUs by their codes.

    Raises: NotFound naming a code that is no SKU.
    """
    query = sa.select(Sku.code, Sku.id).where(
        Sku.company_id == company_id, any_of(session, Sku.code, sorted(codes))
    )
    found: dict[str, int] = dict(session.execute(query).all())
    if missing := sorted(set(codes) - found.keys()):
        raise NotFound(f"There is no SKU {missing[0]!r}.", hint="Codes are told apart by case.")
    return found


def warehouse_named(session: Session, company_id: int, code: str) -> Warehouse:
    """Return a warehouse by its code.

    Raises: NotFound naming those that there are.
    """
    query = sa.select(Warehouse).where(Warehouse.company_id == company_id)
    known = {each.code: each for each in session.scalars(query.order_by(Warehouse.code))}
    if code not in known:
        raise NotFound(f"There is no warehouse {code!r}.", hint=f"Known: {', '.join(known)}.")
    return known[code]


def require_new(session: Session, company_id: int, kind: str, key: str) -> None:
    """Refuse to do again what was done under a key: a form that was sent twice acts once.

    Raises: Conflict.
    """
    query = sa.select(Document.id).where(
        Document.company_id == company_id, Document.kind == kind, Document.natural_key == key
    )
    if session.scalar(query) is not None:
        raise Conflict("This was done already.", hint="Open the page anew to do another.")
