"""Comparing the counters of stock with the rows that they sum up, and setting them right.

The rows are the truth: moves for what lies there, reservations for what is promised. What lies in
the cost layers is compared as well; it is not repaired, since that would be a decision about cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import Sku
from core.db import any_of
from core.db import table_of
from core.identity.deeds import say
from core.rows import bulk_update
from core.stock.models import Layer
from core.stock.models import Level
from core.stock.models import Move
from core.stock.models import Reservation
from core.stock.models import Warehouse


@dataclass(frozen=True, slots=True)
class Drift:
    """A level whose counters are not the sums of its rows."""

    level_id: int
    warehouse: str
    sku: str
    condition: str
    on_hand: int
    moved: int
    reserved: int
    promised: int
    in_layers: int

    @property
    def repairable(self) -> bool:
        """Say whether the rows agree with each other, so that the counters can follow them."""
        return 0 <= self.promised <= self.moved and self.moved == self.in_layers


@dataclass(frozen=True, slots=True)
class Recount:
    """What a recount found and set right."""

    levels: int
    drifts: Sequence[Drift]
    repaired: int


def recount(session: Session, company_id: int, *, repair: bool = False) -> Recount:
    """Compare every counter of a company with its rows, and with `repair` set it to their sum."""
    levels = session.scalar(
        sa.select(sa.func.count()).select_from(Level).where(Level.company_id == company_id)
    )
    drifts = _drifts(session, company_id, None)
    if not repair or not drifts:
        return Recount(levels or 0, drifts, 0)
    # Locked first and compared again: what was seen may have been half of a commit.
    ids = [drift.level_id for drift in drifts]
    session.execute(
        sa.select(Level.id)
        .where(Level.company_id == company_id, any_of(session, Level.id, ids))
        .order_by(Level.warehouse_id, Level.condition, Level.sku_id)
        .with_for_update()
    ).all()
    drifts = _drifts(session, company_id, ids)
    rows = [
        (company_id, drift.level_id, drift.moved, drift.promised)
        for drift in drifts
        if drift.repairable
    ]
    repaired = bulk_update(
        session,
        table_of(Level),
        ["company_id", "id", "on_hand", "reserved"],
        rows,
        assign="on_hand = {on_hand}, reserved = {reserved}, row_version = row_version + 1",
        counted=True,
    )
    facts = {"wrong": len(drifts), "repaired": repaired}
    say(session, company_id, "stock.repaired", "levels", after=facts)
    return Recount(levels or 0, drifts, repaired)


def _drifts(session: Session, company_id: int, ids: Sequence[int] | None) -> list[Drift]:
    moved = _sum(session, company_id, Move.level_id, Move.quantity, ids)
    promised = _sum(session, company_id, Reservation.level_id, Reservation.open_quantity, ids)
    layered = _sum(session, company_id, Layer.level_id, Layer.remaining, ids)
    sums = [sa.func.coalesce(part.c.total, 0) for part in (moved, promised, layered)]
    query = (
        sa.select(
            Level.id,
            Warehouse.code,
            Sku.code,
            Level.condition,
            Level.on_hand,
            sums[0],
            Level.reserved,
            sums[1],
            sums[2],
        )
        .join(
            Warehouse,
            (Warehouse.company_id == Level.company_id) & (Warehouse.id == Level.warehouse_id),
        )
        .join(Sku, (Sku.company_id == Level.company_id) & (Sku.id == Level.sku_id))
        .outerjoin(moved, moved.c.level_id == Level.id)
        .outerjoin(promised, promised.c.level_id == Level.id)
        .outerjoin(layered, layered.c.level_id == Level.id)
        .where(
            Level.company_id == company_id,
            sa.or_(Level.on_hand != sums[0], Level.reserved != sums[1], Level.on_hand != sums[2]),
        )
        .order_by(Warehouse.code, Sku.code)
    )
    if ids is not None:
        query = query.where(any_of(session, Level.id, ids))
    return [Drift(*row) for row in session.execute(query)]


def _sum(
    session: Session,
    company_id: int,
    level_id: sa.orm.InstrumentedAttribute[int],
    column: sa.orm.InstrumentedAttribute[int],
    ids: Sequence[int] | None,
) -> sa.Subquery:
    total = sa.cast(sa.func.sum(column), sa.BigInteger).label("total")
    query = (
        sa.select(level_id, total)
        .where(level_id.class_.company_id == company_id)
        .group_by(level_id)
    )
    if ids is not None:
        query = query.where(any_of(session, level_id, ids))
    return query.subquery()
