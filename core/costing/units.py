"""Where the units of a receipt are now: on hand somewhere, sold to an order, or lost.

A layer keeps the root of the receipt wherever it is carried, and each use of a layer says who took
it; together they know every unit of a receipt.
"""

from __future__ import annotations

from collections import Counter
from collections import defaultdict
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import any_of
from core.db import rows_of
from core.ledger.journal import Dimensions
from core.ledger.models import Account
from core.ledger.models import Entry
from core.ledger.models import Posting
from core.orders.models import Order
from core.orders.models import OrderLine
from core.stock.booking import postings_of
from core.stock.carrying import CARRIES
from core.stock.models import Document
from core.stock.models import Layer
from core.stock.models import LayerUse
from core.stock.models import Level
from core.stock.models import Warehouse

COGS_LATE = "5090"
LOSS, RETURN_LOSS = "5110", "5100"


@dataclass(frozen=True, slots=True)
class Unit:
    """Some units of a root in one place; `use_id` is empty for those on hand.

    `layer_id` is empty for units that a moving average no longer knows.
    """

    root_id: int
    layer_id: int | None
    use_id: int | None
    level_id: int
    document_id: int | None
    quantity: int
    account: str
    dimensions: Dimensions

    @property
    def place(self) -> tuple[int, ...]:
        """Return what tells the place: a level, or the event that took the goods for a line."""
        if self.use_id is None:
            return (0 if self.layer_id else 2, self.level_id)
        return (1, self.document_id or 0, self.dimensions.line_id or 0)


def lock_roots(session: Session, company_id: int, roots: Collection[int]) -> None:
    """Lock the levels where goods of some roots lie or lay, in the order of all who lock levels."""
    levels = sa.select(Layer.level_id).where(
        Layer.company_id == company_id, any_of(session, Layer.root_id, sorted(roots))
    )
    session.execute(
        sa.select(Level.id)
        .where(Level.company_id == company_id, Level.id.in_(levels))
        .order_by(Level.warehouse_id, Level.condition, Level.sku_id)
        .with_for_update()
    ).all()


def units_of(session: Session, company_id: int, roots: Collection[int]) -> Mapping[int, list[Unit]]:
    """Return the units of some roots by root: those on hand first, then those used, oldest first.

    What came back lies on hand again; a carried part is counted where it is now.
    """
    found: defaultdict[int, list[Unit]] = defaultdict(list)
    left = any_of(session, Layer.root_id, sorted(roots)) & (Layer.remaining > 0)
    for unit in (*_on_hand(session, company_id, left), *_used(session, company_id, roots)):
        found[unit.root_id].append(unit)
    return found


def root_values(session: Session, company_id: int, roots: Collection[int]) -> Counter[int]:
    """Return what all units of some roots have cost so far, wherever they are, by root."""
    of_roots = (Layer.company_id == company_id) & any_of(session, Layer.root_id, sorted(roots))
    total = sa.func.sum(Layer.remaining_value)
    held = sa.select(Layer.root_id, sa.cast(total, sa.BigInteger)).where(of_roots)
    spent = sa.func.sum(LayerUse.value - LayerUse.returned_value)
    used = (
        sa.select(Layer.root_id, sa.cast(spent, sa.BigInteger))
        .join(LayerUse, (LayerUse.company_id == Layer.company_id) & (LayerUse.layer_id == Layer.id))
        .join(Document, _same(Document, LayerUse.company_id, LayerUse.document_id))
        .where(of_roots, Document.kind.not_in(CARRIES))
    )
    found: Counter[int] = Counter()
    for query in (held, used):
        found.update(dict(rows_of(session, query.group_by(Layer.root_id))))
    return found


def pools_of(session: Session, company_id: int, layers: Collection[int]) -> Mapping[int, Unit]:
    """Return the units that lie in some pools of a moving average, by layer; none may be left."""
    pools = any_of(session, Layer.id, sorted(layers))
    return {unit.layer_id or 0: unit for unit in _on_hand(session, company_id, pools)}


def _on_hand(session: Session, company_id: int, which: Any) -> Iterable[Unit]:
    query = (
        sa.select(
            Layer.root_id,
            Layer.id,
            Layer.level_id,
            Layer.remaining,
            Warehouse.inventory_account,
            Level.sku_id,
            Level.warehouse_id,
        )
        .join(Level, _same(Level, Layer.company_id, Layer.level_id))
        .join(Warehouse, _same(Warehouse, Level.company_id, Level.warehouse_id))
        .where(Layer.company_id == company_id, which)
        .order_by(Layer.id)
    )
    for root, layer, level, quantity, account, sku, place in rows_of(session, query):
        where = Dimensions(sku_id=sku, warehouse_id=place)
        yield Unit(root, layer, None, level, None, quantity, account, where)


def _used(session: Session, company_id: int, roots: Collection[int]) -> Iterable[Unit]:
    query = (
        sa.select(
            Layer.root_id,
            Layer.id,
            LayerUse.id,
            Layer.level_id,
            LayerUse.document_id,
            LayerUse.quantity - LayerUse.returned_quantity,
            Order.shop_id,
            OrderLine.country,
            OrderLine.order_id,
            LayerUse.line_id,
            Level.sku_id,
            Level.warehouse_id,
            Document.kind,
        )
        .join(LayerUse, (LayerUse.company_id == Layer.company_id) & (LayerUse.layer_id == Layer.id))
        .join(Level, _same(Level, Layer.company_id, Layer.level_id))
        .join(Document, _same(Document, LayerUse.company_id, LayerUse.document_id))
        .outerjoin(OrderLine, _same(OrderLine, LayerUse.company_id, LayerUse.line_id))
        .outerjoin(Order, _same(Order, OrderLine.company_id, OrderLine.order_id))
        .where(
            Layer.company_id == company_id,
            any_of(session, Layer.root_id, sorted(roots)),
            LayerUse.returned_quantity < LayerUse.quantity,
            Document.kind.not_in(CARRIES),
        )
        .order_by(LayerUse.id)
    )
    rows = rows_of(session, query)
    events = {row[4] for row in rows if row[9] is None}
    losses = loss_accounts(session, company_id, events)
    returned = _returned(session, company_id, events)
    for root, layer, use, level, document, quantity, *dimensions, kind in rows:
        where = Dimensions(*dimensions)
        lost = losses.get((document, where.sku_id), RETURN_LOSS if kind == "return" else LOSS)
        account = COGS_LATE if where.line_id else lost
        where = returned.get((document, where.sku_id), where)
        yield Unit(root, layer, use, level, document, quantity, account, where)


def _returned(
    session: Session, company_id: int, documents: Collection[int]
) -> dict[tuple[int, int | None], Dimensions]:
    """Return whose the goods were that came back damaged, by event and SKU: they bear the rest."""
    if not documents:
        return {}
    query = (
        sa.select(
            Entry.document_id,
            Posting.shop_id,
            Posting.country,
            Posting.order_id,
            Posting.line_id,
            Posting.sku_id,
            Posting.warehouse_id,
        )
        .join(
            Posting,
            (Posting.company_id == Entry.company_id)
            & (Posting.booked_on == Entry.booked_on)
            & (Posting.entry_id == Entry.id),
        )
        .where(
            Entry.company_id == company_id,
            any_of(session, Entry.document_id, sorted(documents)),
            Entry.kind == "return_loss",
            Posting.amount > 0,
        )
    )
    return {(row[0], row[5]): Dimensions(*row[1:]) for row in rows_of(session, query)}


def loss_accounts(
    session: Session, company_id: int, documents: Collection[int]
) -> dict[tuple[int, int | None], str]:
    """Return which account bears what some events took off, by document and SKU."""
    if not documents:
        return {}
    found = postings_of(session, company_id, documents, Account.profit_line.is_not(None))
    return {(document, sku_id): account for document, sku_id, account, _ in found}


def _same(
    model: type[Level | Warehouse | Document | OrderLine | Order],
    company: object,
    key: object,
) -> sa.ColumnElement[bool]:
    return (model.company_id == company) & (model.id == key)
