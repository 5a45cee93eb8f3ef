"""Goods that a document writes off or finds: no sale, but stock and books change."""

from __future__ import annotations

from collections.abc import Sequence

from core.channels.connector import LineKind
from core.ledger.journal import Dimensions
from core.ledger.periods import open_day
from core.orders.batch import NewLine
from core.orders.batch import OrderBatch
from core.orders.posting import STOCK_COUNT
from core.orders.posting import STOCK_LOSS
from core.stock.states import Why


def apply_adjustment(batch: OrderBatch, ref: str, lines: Sequence[NewLine]) -> None:
    """Move the goods of adjusting lines and book their cost; several files may bring a document."""
    first, context = lines[0], batch.context
    warehouse = context.default_warehouse
    stock = batch.stock_in(warehouse)
    day, at = first.source.occurred_on, first.source.occurred_at
    key = f"{batch.key(ref)}#{first.source.fingerprint:x}.{first.occurrence}"
    event = stock.document(next(batch.ids), "adjustment", key, at, day)
    entry = batch.journal.entry(
        next(batch.ids),
        f"adjustment:{key}",
        "stock_adjustment",
        open_day(day, context.closed),
        happened_on=day,
        document_id=event.id,
        narration=f"Stock adjustment {ref}",
    )
    for line in lines:
        source = line.source
        sku_id = batch.refs.skus[source.code]
        dimensions = Dimensions(context.shop_id, source.country, None, None, sku_id, warehouse.id)
        why = Why(str(source.kind), line.raw_row_id, dimensions)
        if source.kind is LineKind.WRITE_OFF:
            value = -stock.write_off(event.id, at, None, sku_id, -source.quantity, why)
            account = source.account or STOCK_LOSS
        else:
            value = stock.find(event.id, at, sku_id, source.quantity, why)
            account = source.account or STOCK_COUNT
        entry.add(warehouse.inventory_account, value, dimensions)
        entry.add(account, -value, dimensions)
