"""Drivers that goods give: how long how much of them lay where, what came in, what is old."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import date
from datetime import timedelta
from typing import Any
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import Sku
from core.db import any_of
from core.db import rows_of
from core.stock.models import Document
from core.stock.models import Layer
from core.stock.models import LayerUse
from core.stock.models import Level
from core.stock.models import Move
from core.stock.models import Warehouse

AGED_DAYS = 180
"""Goods are aged from their 181st day on. Source: Amazon's aged inventory surcharge."""

Weighed = tuple[dict[int, int], str]
"""Weights by SKU, and what is missing to know them all."""


class Days(Protocol):
    """The days and the company that are looked at."""

    @property
    def company_id(self) -> int: ...
    @property
    def first(self) -> date: ...
    @property
    def last(self) -> date: ...


def lacking(skus: Collection[int | None], what: str) -> str:
    """Say for how many SKUs a measure is missing, nothing if for none."""
    return f"{len(skus)} SKUs have no {what}" if skus else ""


def unit_days(session: Session, window: Days, places: str) -> Weighed:
    """Return units times days on hand, by SKU."""
    found: Counter[int] = Counter()
    whole = (window.last - window.first).days + 1
    for sku_id, day, quantity in rows_of(session, _moves(window, places)):
        # What moved before lies there for the whole time, what moved within it for the rest.
        days = whole if day < window.first else (window.last - day).days + 1
        found[sku_id] += quantity * days
    return {sku: weight for sku, weight in found.items() if weight > 0}, ""


def volume_days(session: Session, window: Days, places: str) -> Weighed:
    """Return cubic millimetres times days on hand, by SKU."""
    units, _ = unit_days(session, window, places)
    query = sa.select(Sku.id, Sku.length_mm, Sku.width_mm, Sku.height_mm).where(
        Sku.company_id == window.company_id, any_of(session, Sku.id, sorted(units))
    )
    volumes = {sku: a * b * c for sku, a, b, c in rows_of(session, query) if a and b and c}
    weights = {sku: number * volumes.get(sku, 0) for sku, number in units.items()}
    return weights, lacking(units.keys() - volumes.keys(), "size")


def received_units(session: Session, window: Days, places: str) -> Weighed:
    """Return units that came in, by SKU."""
    query = _at(places, sa.select(Level.sku_id, _total(Move.quantity)).join(*_MOVED)).where(
        Move.company_id == window.company_id,
        Move.booked_on >= window.first,
        Move.booked_on <= window.last,
        Move.quantity > 0,
        Move.line_id.is_(None),
    )
    return dict(session.execute(query.group_by(Level.sku_id)).all()), ""


def aged_units(session: Session, window: Days, places: str) -> Weighed:
    """Return units on hand at the end that came more than 180 days before, by SKU."""
    used = (
        sa.select(LayerUse.layer_id, _total(LayerUse.quantity - LayerUse.returned_quantity, "gone"))
        .join(
            Document,
            (Document.company_id == LayerUse.company_id) & (Document.id == LayerUse.document_id),
        )
        .where(LayerUse.company_id == window.company_id, Document.booked_on <= window.last)
        .group_by(LayerUse.layer_id)
        .subquery()
    )
    left = _total(Layer.quantity - sa.func.coalesce(used.c.gone, 0))
    query = (
        _at(
            places,
            sa.select(Level.sku_id, left).join(
                Layer, (Layer.company_id == Level.company_id) & (Layer.level_id == Level.id)
            ),
        )
        .join(
            Document, (Document.company_id == Layer.company_id) & (Document.id == Layer.document_id)
        )
        .outerjoin(used, used.c.layer_id == Layer.id)
        .where(
            Level.company_id == window.company_id,
            Document.booked_on < window.last - timedelta(days=AGED_DAYS),
        )
        .group_by(Level.sku_id)
    )
    rows = rows_of(session, query)
    return {sku: quantity for sku, quantity in rows if quantity > 0}, ""


_MOVED: Any = (Move, (Move.company_id == Level.company_id) & (Move.level_id == Level.id))


def _moves(window: Days, places: str) -> sa.Select[*tuple[Any, ...]]:
    """Return the moves up to the end by SKU and day; all earlier ones as one."""
    day = sa.case(
        (Move.booked_on < window.first, sa.literal(date.min, Move.booked_on.type)),
        else_=Move.booked_on,
    )
    query = sa.select(Level.sku_id, day, _total(Move.quantity)).join(*_MOVED)
    return (
        _at(places, query)
        .where(Move.company_id == window.company_id, Move.booked_on <= window.last)
        .group_by(Level.sku_id, day)
    )


def _at(places: str, query: sa.Select[*tuple[Any, ...]]) -> sa.Select[*tuple[Any, ...]]:
    same = (Warehouse.company_id == Level.company_id) & (Warehouse.id == Level.warehouse_id)
    found = query.select_from(Level).join(Warehouse, same)
    return found.where(Warehouse.kind == places) if places else found


def _total(column: Any, name: str = "total") -> Any:
    return sa.cast(sa.func.sum(column), sa.BigInteger).label(name)
