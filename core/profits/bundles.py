"""What the parts of a sold bundle earned: a view over the order's profit, nothing is booked.

Revenue is split by what the parts sell for by themselves (IFRS 15.76), what they cost is what was
taken of each. Where a price is not known, the revenue is split by the costs, and says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm import aliased

from core.catalog.models import Component
from core.catalog.models import Sku
from core.db import rows_of
from core.ledger.models import Profit
from core.money import allocate
from core.money import to_text
from core.orders.models import OrderLine
from core.stock.models import Layer
from core.stock.models import LayerUse
from core.stock.models import Level

PRICE, COST, NUMBER = "price", "cost", "number"
"""By what the revenue of a bundle is split."""


@dataclass(frozen=True, slots=True)
class BundlePart:
    """A component of a sold bundle; amounts are minor units of the company."""

    bundle: str
    sku: str
    quantity: int
    revenue: int
    cost: int
    split_by: str

    @property
    def margin(self) -> int:
        """Return what is left of its revenue."""
        return self.revenue - self.cost


def bundle_parts(session: Session, company_id: int, order_id: int) -> list[BundlePart]:
    """Return the parts of an order's bundles, line by line; empty for an order without any."""
    parts = _parts(session, company_id, order_id)
    revenue, costs = _revenue(session, company_id, order_id), _costs(session, company_id, order_id)
    found: list[BundlePart] = []
    for line_id, rows in parts.items():
        spent = [costs.get((line_id, row.component_id), 0) for row in rows]
        split_by, weights = _weights(rows, spent)
        earned = allocate(revenue.get(line_id, 0), weights)
        found += [
            BundlePart(row.bundle, row.sku, row.quantity * row.units, income, cost, split_by)
            for row, income, cost in zip(rows, earned, spent, strict=True)
        ]
    return found


def part_document(part: BundlePart, currency: str) -> dict[str, Any]:
    """Return a part as commands show it, amounts as decimal text."""
    return {
        "bundle": part.bundle,
        "sku": part.sku,
        "quantity": part.quantity,
        "revenue": to_text(part.revenue, currency),
        "cost": to_text(part.cost, currency),
        "margin": to_text(part.margin, currency),
        "split_by": part.split_by,
    }


def _weights(rows: Sequence[Any], costs: Sequence[int]) -> tuple[str, Sequence[int]]:
    prices = [row.price * row.quantity for row in rows]
    if all(prices):
        return PRICE, prices
    if any(costs):
        return COST, costs
    return NUMBER, [row.quantity for row in rows]


def _parts(session: Session, company_id: int, order_id: int) -> dict[int, list[Any]]:
    bundle = aliased(Sku)
    query = (
        sa.select(
            OrderLine.id,
            bundle.code.label("bundle"),
            Component.component_id,
            Sku.code.label("sku"),
            Component.quantity,
            Component.price,
            OrderLine.quantity.label("units"),
        )
        .join(
            Component,
            (Component.company_id == OrderLine.company_id)
            & (Component.bundle_id == OrderLine.sku_id),
        )
        .join(bundle, (bundle.company_id == company_id) & (bundle.id == Component.bundle_id))
        .join(Sku, (Sku.company_id == company_id) & (Sku.id == Component.component_id))
        .where(OrderLine.company_id == company_id, OrderLine.order_id == order_id)
        .order_by(OrderLine.id, Sku.code)
    )
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for row in rows_of(session, query):
        found[row.id].append(row)
    return found


def _revenue(session: Session, company_id: int, order_id: int) -> dict[int | None, int]:
    net = Profit.sales + Profit.discounts + Profit.refunds
    query = (
        sa.select(Profit.line_id, sa.cast(sa.func.sum(net), sa.BigInteger))
        .where(Profit.company_id == company_id, Profit.order_id == order_id)
        .group_by(Profit.line_id)
    )
    return {row[0]: row[1] for row in rows_of(session, query)}


def _costs(session: Session, company_id: int, order_id: int) -> dict[tuple[int, int], int]:
    spent = sa.func.sum(LayerUse.value - LayerUse.returned_value)
    query = (
        sa.select(LayerUse.line_id, Level.sku_id, sa.cast(spent, sa.BigInteger))
        .join(
            OrderLine,
            (OrderLine.company_id == LayerUse.company_id) & (OrderLine.id == LayerUse.line_id),
        )
        .join(Layer, (Layer.company_id == LayerUse.company_id) & (Layer.id == LayerUse.layer_id))
        .join(Level, (Level.company_id == Layer.company_id) & (Level.id == Layer.level_id))
        .where(LayerUse.company_id == company_id, OrderLine.order_id == order_id)
        .group_by(LayerUse.line_id, Level.sku_id)
    )
    return {(row[0], row[1]): row[2] for row in rows_of(session, query)}
