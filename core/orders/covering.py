"""What a receipt that covers a short changes in the books: the cost was only provisional."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import any_of
from core.ledger.journal import Dimensions
from core.ledger.journal import EntryDraft
from core.orders.batch import OrderBatch
from core.orders.models import Order
from core.orders.models import OrderLine
from core.orders.posting import COGS_LATE
from core.orders.posting import STOCK_LOSS
from core.stock.batch import StockBatch


def book_covers(batch: OrderBatch) -> None:
    """Book the difference between exact and provisional cost on the lines that were short."""
    for stock in batch.stocks:
        account = batch.context.warehouses[stock.warehouse_id].inventory_account
        book_stock_covers(batch, stock, account)


def book_stock_covers(batch: OrderBatch, stock: StockBatch, inventory_account: str) -> None:
    """Book the covers of one warehouse, an entry for each event that brought the goods."""
    covers = [cover for cover in stock.covers if cover.difference]
    known = batch.rows.dimensions
    unknown = {cover.line_id for cover in covers if cover.line_id is not None} - known.keys()
    found = {**known, **line_dimensions(batch.session, stock, unknown)}
    entries: dict[int, EntryDraft] = {}
    for cover in covers:
        event = stock.documents[cover.document_id]
        entry = entries.get(event.id)
        if entry is None:
            entry = entries[event.id] = batch.journal.entry(
                next(batch.ids),
                f"cover:{event.kind}:{event.natural_key}",
                "short_cover",
                event.booked_on,
                document_id=event.id,
                narration="Exact cost of goods that had left short",
            )
        account = COGS_LATE if cover.line_id else STOCK_LOSS
        dimensions = found.get(
            cover.line_id or 0,
            Dimensions(sku_id=cover.sku_id, warehouse_id=stock.warehouse_id),
        )
        entry.add(account, cover.difference, dimensions, tag="trueup")
        entry.add(inventory_account, -cover.difference, dimensions, tag="trueup")


def line_dimensions(
    session: Session, stock: StockBatch, line_ids: set[int]
) -> Mapping[int, Dimensions]:
    """Return the dimensions of order lines that were booked before."""
    if not line_ids:
        return {}
    query = (
        sa.select(OrderLine.id, Order.shop_id, Order.country, OrderLine.order_id, OrderLine.sku_id)
        .join(Order, (Order.company_id == OrderLine.company_id) & (Order.id == OrderLine.order_id))
        .where(
            OrderLine.company_id == stock.company_id,
            any_of(session, OrderLine.id, sorted(line_ids)),
        )
    )
    return {
        line_id: Dimensions(shop_id, country, order_id, line_id, sku_id, stock.warehouse_id)
        for line_id, shop_id, country, order_id, sku_id in session.execute(query)
    }
