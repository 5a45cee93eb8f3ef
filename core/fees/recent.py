"""What fees of a SKU came to in its last settled order lines: the next estimate goes by them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.channels.models import Shop
from core.db import any_of
from core.db import json_text
from core.db import rows_of
from core.db import table_of
from core.fees.models import Estimate
from core.fees.models import Recent
from core.ids import next_ids
from core.orders.models import Order
from core.orders.models import OrderLine
from core.rows import bulk_insert
from core.rows import bulk_update

LINES = 30

Key = tuple[int, int, str]


def remember_recent(session: Session, company_id: int, order_ids: sa.Select[Any]) -> int:
    """Take up what fees of some orders came to; return of how many SKUs and fees.

    `order_ids` is the query for the orders that were settled. A line that is known already is
    taken up again as it is now.
    """
    found: defaultdict[Key, list[list[int]]] = defaultdict(list)
    for row in _latest(session, company_id, order_ids):
        found[row.shop_id, row.sku_id, row.account].append(
            [row.line_id, row.quantity, row.price, row.actual_amount]
        )
    if not found:
        return 0
    known = _known(session, company_id, sorted({key[1] for key in found}))
    new_ids = iter(next_ids(session, len(found)))
    fresh: list[tuple[Any, ...]] = []
    changed: list[tuple[Any, ...]] = []
    for key in sorted(found):
        stored = known.get(key)
        lines = {line[0]: line for line in (stored.samples if stored else [])}
        lines |= {line[0]: line for line in found[key]}
        # Ids rise: the line with the largest left last.
        values = _values([lines[line_id] for line_id in sorted(lines)][-LINES:])
        if stored is None:
            fresh.append((company_id, next(new_ids), *key, *values))
        else:
            changed.append((company_id, stored.id, *values))
    bulk_insert(session, table_of(Recent), _COLUMNS, fresh, missing=True)
    bulk_update(
        session,
        table_of(Recent),
        ["company_id", "id", *_COLUMNS[5:]],
        sorted(changed),
        assign=", ".join(f"{name} = {{{name}}}" for name in _COLUMNS[5:]),
    )
    return len(found)


def _values(lines: list[list[int]]) -> tuple[object, ...]:
    sums = (sum(line[place] for line in lines) for place in (1, 2, 3))
    return (json_text(lines), len(lines), *sums)


def _latest(session: Session, company_id: int, order_ids: sa.Select[Any]) -> Any:
    """Return the latest lines of each SKU and fee whose fee has come in full."""
    price = OrderLine.net_amount + OrderLine.tax_amount
    place = sa.func.row_number().over(
        partition_by=(Order.shop_id, OrderLine.sku_id, Estimate.account),
        order_by=OrderLine.id.desc(),
    )
    lines = (
        sa.select(
            Order.shop_id,
            OrderLine.sku_id,
            Estimate.account,
            OrderLine.id.label("line_id"),
            OrderLine.quantity,
            price.label("price"),
            Estimate.actual_amount,
            place.label("place"),
        )
        .join(
            OrderLine,
            (OrderLine.company_id == Estimate.company_id) & (OrderLine.id == Estimate.line_id),
        )
        .join(Order, (Order.company_id == Estimate.company_id) & (Order.id == Estimate.order_id))
        .join(Shop, (Shop.company_id == Order.company_id) & (Shop.id == Order.shop_id))
        .where(
            Estimate.company_id == company_id,
            Estimate.order_id.in_(order_ids),
            Order.currency == Shop.currency,
            Estimate.open_amount == 0,
            Estimate.actual_amount > 0,
            OrderLine.sku_id.is_not(None),
            OrderLine.quantity > 0,
            price > 0,
        )
        .subquery()
    )
    query = sa.select(lines).where(lines.c.place <= LINES).order_by(lines.c.line_id)
    return rows_of(session, query)


def _known(session: Session, company_id: int, sku_ids: list[int]) -> dict[Key, Any]:
    query = (
        sa.select(Recent.id, Recent.shop_id, Recent.sku_id, Recent.account, Recent.samples)
        .where(Recent.company_id == company_id, any_of(session, Recent.sku_id, sku_ids))
        .with_for_update()
    )
    return {(row.shop_id, row.sku_id, row.account): row for row in rows_of(session, query)}


_COLUMNS = "company_id id shop_id sku_id account samples line_count units price fee".split()
