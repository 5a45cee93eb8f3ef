"""What pools hold of SKUs, by sets: one query for the goods, one for what waits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.catalog.models import Component
from core.db import any_of
from core.orders.models import Order
from core.orders.models import OrderLine
from core.publishing.models import PoolWarehouse
from core.publishing.reckoning import Figures
from core.publishing.reckoning import kit_figures
from core.stock.models import Level
from core.stock.models import Reservation
from core.stock.models import Warehouse
from core.stock.storing import SELLABLE
from core.stock.warehouses import RESERVABLE

EVERYTHING = 0
"""The pool that nobody has to make: all warehouses whose goods we promise."""


class Availability:
    """What the pools of a company hold of some SKUs, or of all when none are named."""

    def __init__(
        self, session: Session, company_id: int, sku_ids: Collection[int] | None = None
    ) -> None:
        self.session = session
        self.company_id = company_id
        self._kits = _kits(session, company_id, sku_ids)
        parts = {part for kit in self._kits.values() for part, _ in kit}
        self._skus = None if sku_ids is None else sorted({*sku_ids, *parts})
        self._pools: dict[int, dict[int, Figures]] = {}
        self._sold: dict[int, Mapping[int, int]] = {}

    def figures(self, pool_id: int | None, sku_id: int, fast_minutes: int | None = None) -> Figures:
        """Return what a pool holds of a SKU; of a bundle, what its components allow."""
        pool = self._pool(pool_id or EVERYTHING)
        if sku_id in self._kits:
            parts = self._kits[sku_id]
            found = kit_figures([(pool.get(part, Figures()), each) for part, each in parts])
        else:
            found = pool.get(sku_id, Figures())
        if not fast_minutes:
            return found
        if fast_minutes not in self._sold:
            self._sold[fast_minutes] = _sold(self.session, self.company_id, fast_minutes)
        return found._replace(sold=self._sold[fast_minutes].get(sku_id, 0))

    def _pool(self, pool_id: int) -> dict[int, Figures]:
        if pool_id not in self._pools:
            self._pools[pool_id] = self._load(pool_id)
        return self._pools[pool_id]

    def _load(self, pool_id: int) -> dict[int, Figures]:
        waiting = self._waiting(pool_id)
        query = self._levels(
            pool_id,
            sa.cast(sa.func.sum(Level.on_hand), sa.BigInteger),
            sa.cast(sa.func.sum(Level.reserved), sa.BigInteger),
        )
        return {
            sku_id: Figures(on_hand, reserved, waiting.get(sku_id, 0))
            for sku_id, on_hand, reserved in self.session.execute(query)
        }

    def _waiting(self, pool_id: int) -> dict[int, int]:
        total = sa.cast(sa.func.sum(Reservation.short_quantity), sa.BigInteger)
        query = self._levels(pool_id, total).join(
            Reservation,
            (Reservation.company_id == Level.company_id) & (Reservation.level_id == Level.id),
        )
        rows = self.session.execute(query.where(Reservation.short_quantity > 0))
        return {row[0]: row[1] for row in rows}

    def _levels(self, pool_id: int, *sums: sa.ColumnElement[int]) -> sa.Select[*tuple[Any, ...]]:
        query = (
            sa.select(Level.sku_id, *sums)
            .join(
                Warehouse,
                (Warehouse.company_id == Level.company_id) & (Warehouse.id == Level.warehouse_id),
            )
            .where(Level.company_id == self.company_id, Level.condition == SELLABLE)
            .group_by(Level.sku_id)
        )
        if pool_id == EVERYTHING:
            query = query.where(Warehouse.kind.in_(RESERVABLE), Warehouse.archived_at.is_(None))
        else:
            query = query.join(
                PoolWarehouse,
                (PoolWarehouse.company_id == Level.company_id)
                & (PoolWarehouse.warehouse_id == Level.warehouse_id),
            ).where(PoolWarehouse.pool_id == pool_id)
        if self._skus is not None:
            query = query.where(any_of(self.session, Level.sku_id, self._skus))
        return query


def with_bundles(session: Session, company_id: int, sku_ids: Collection[int]) -> set[int]:
    """Return some SKUs with the bundles that they are part of."""
    query = sa.select(Component.bundle_id).where(
        Component.company_id == company_id,
        any_of(session, Component.component_id, sorted(sku_ids)),
    )
    return {*sku_ids, *session.scalars(query)}


def _kits(
    session: Session, company_id: int, sku_ids: Collection[int] | None
) -> dict[int, Sequence[tuple[int, int]]]:
    query = sa.select(Component.bundle_id, Component.component_id, Component.quantity).where(
        Component.company_id == company_id
    )
    if sku_ids is not None:
        query = query.where(any_of(session, Component.bundle_id, sorted(sku_ids)))
    kits: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for bundle, part, quantity in session.execute(query):
        kits[bundle].append((part, quantity))
    return dict(kits)


def _sold(session: Session, company_id: int, minutes: int) -> dict[int, int]:
    """Return how many units of each SKU were ordered within some minutes."""
    query = (
        sa.select(OrderLine.sku_id, sa.cast(sa.func.sum(OrderLine.quantity), sa.BigInteger))
        .join(Order, (Order.company_id == OrderLine.company_id) & (Order.id == OrderLine.order_id))
        .where(
            Order.company_id == company_id,
            Order.ordered_at > clock.now() - timedelta(minutes=minutes),
            OrderLine.kind == "sale",
            OrderLine.sku_id.is_not(None),
        )
        .group_by(OrderLine.sku_id)
    )
    return {row[0] or 0: row[1] for row in session.execute(query)}
