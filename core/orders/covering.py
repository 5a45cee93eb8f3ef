"""What a receipt that covers a short changes in the books: the cost was only provisional."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import any_of
from core.ledger.journal import Dimensions
from core.ledger.journal import EntryDraft
from core.ledger.journal import Journal
from core.orders.models import Order
from core.orders.models import OrderLine
from core.orders.posting import COGS_LATE
from core.orders.posting import STOCK_LOSS
from core.stock.batch import StockBatch


def book_covers(
    session: Session,
    journal: Journal,
    stock: StockBatch,
    inventory_account: str,
    warehouse_id: int,
    known: Mapping[int, Dimensions],
    ids: Iterator[int],
) -> None:
    """Book the difference between exact and provisional cost on the lines that were short."""
    covers = [cover for cover in stock.covers if cover.difference]
    unknown = {c.line_id for c in covers if c.line_id is not None} - known.keys()
    dimensions = {**known, **_dimensions(session, stock.company_id, unknown, warehouse_id)}
    entries: dict[int, EntryDraft] = {}
    for cover in covers:
        event = stock.documents[cover.document_id]
        entry = entries.get(event.id)
        if entry is None:
            entry = entries[event.id] = journal.entry(
                next(ids),
                f"cover:{event.kind}:{event.natural_key}",
                "short_cover",
                event.booked_on,
                document_id=event.id,
                narration="Cost of goods sold short",
            )
        line = dimensions.get(cover.line_id or 0, Dimensions(sku_id=cover.sku_id))
        entry.add(COGS_LATE if cover.line_id else STOCK_LOSS, cover.difference, line, tag="trueup")
        entry.add(inventory_account, -cover.difference, line, tag="trueup")


def _dimensions(
    session: Session, company_id: int, line_ids: set[int], warehouse_id: int
) -> dict[int, Dimensions]:
    if not line_ids:
        return {}
    query = (
        sa.select(OrderLine.id, Order.shop_id, Order.country, OrderLine.order_id, OrderLine.sku_id)
        .join(Order, (Order.company_id == OrderLine.company_id) & (Order.id == OrderLine.order_id))
        .where(OrderLine.company_id == company_id, any_of(session, OrderLine.id, sorted(line_ids)))
    )
    return {
        line_id: Dimensions(shop_id, country, order_id, line_id, sku_id, warehouse_id)
        for line_id, shop_id, country, order_id, sku_id in session.execute(query)
    }
