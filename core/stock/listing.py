"""What the stock pages read; every query names its company."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import Sku
from core.db import any_of
from core.errors import NotFound
from core.paging import Count
from core.paging import Cursor
from core.paging import Page
from core.paging import count_rows
from core.paging import fetch_page
from core.stock.models import Document
from core.stock.models import Layer
from core.stock.models import LayerUse
from core.stock.models import Level
from core.stock.models import Move
from core.stock.models import Short
from core.stock.models import Warehouse

ROWS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class StockFilter:
    """What a stock list is narrowed to; empty means all."""

    text: str = ""
    show: str = ""


@dataclass(frozen=True, slots=True)
class StockRow:
    """What there is of one SKU; `value` is that of its layers less its provisional shorts."""

    NEEDS: ClassVar[dict[str, str]] = {"value": "costs.view"}

    id: int
    code: str
    title: str
    on_hand: int
    reserved: int
    short: int
    value: int

    @property
    def available(self) -> int:
        """Return what can still be promised."""
        return self.on_hand - self.reserved


def list_stock(
    session: Session, company_id: int, narrow: StockFilter, cursor: Cursor | None
) -> Page[StockRow]:
    """Return a page of SKUs by code with what there is of each."""
    query = sa.select(Sku.code, Sku.id, Sku.title).where(*_conditions(company_id, narrow))
    page = fetch_page(session, query, (Sku.code,), cursor)
    ids = [row.id for row in page.rows]
    held = _held(session, company_id, ids)
    worth = _worth(session, company_id, ids)
    rows = [
        StockRow(
            row.id,
            row.code,
            row.title,
            *held.get(row.id, (0, 0)),
            *_short_and_value(worth.get(row.id)),
        )
        for row in page.rows
    ]
    return Page(rows, page.next, page.previous)


def count_stock(session: Session, company_id: int, narrow: StockFilter) -> Count:
    """Count the SKUs that a list would show."""
    return count_rows(session, sa.select(Sku.id).where(*_conditions(company_id, narrow)))


def _conditions(company_id: int, narrow: StockFilter) -> list[Any]:
    conditions: list[Any] = [Sku.company_id == company_id]
    if narrow.text:
        begins = Sku.code.startswith(narrow.text, autoescape=True)
        named = Sku.title.icontains(narrow.text, autoescape=True)
        conditions.append(begins | named)
    in_stock = sa.select(Level.sku_id).where(Level.company_id == company_id, Level.on_hand > 0)
    if narrow.show == "short":
        conditions.append(Sku.id.in_(_short_skus(company_id)))
    elif narrow.show == "out":
        conditions.append(Sku.id.not_in(in_stock))
    elif narrow.show == "in":
        conditions.append(Sku.id.in_(in_stock))
    return conditions


def _short_skus(company_id: int) -> Any:
    return (
        sa.select(Level.sku_id)
        .join(Short, sa.and_(Short.company_id == Level.company_id, Short.level_id == Level.id))
        .where(Level.company_id == company_id, Short.open_quantity > 0)
    )


def _held(session: Session, company_id: int, ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    query = (
        sa.select(Level.sku_id, _total(Level.on_hand), _total(Level.reserved))
        .where(Level.company_id == company_id, any_of(session, Level.sku_id, ids))
        .group_by(Level.sku_id)
    )
    return {sku: (on_hand, reserved) for sku, on_hand, reserved in session.execute(query)}


def _worth(
    session: Session, company_id: int, ids: Sequence[int]
) -> Mapping[int, tuple[int, int, int]]:
    """Return the value of open layers, and the quantity and value of open shorts, by SKU."""
    worth: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    layers = (
        sa.select(Level.sku_id, _total(Layer.remaining_value))
        .join(Layer, sa.and_(Layer.company_id == Level.company_id, Layer.level_id == Level.id))
        .where(Level.company_id == company_id, any_of(session, Level.sku_id, ids))
        .where(Layer.remaining > 0)
        .group_by(Level.sku_id)
    )
    for sku, value in session.execute(layers):
        worth[sku][0] = value
    shorts = (
        sa.select(Level.sku_id, _total(Short.open_quantity), _total(Short.open_value))
        .join(Short, sa.and_(Short.company_id == Level.company_id, Short.level_id == Level.id))
        .where(Level.company_id == company_id, any_of(session, Level.sku_id, ids))
        .where(Short.open_quantity > 0)
        .group_by(Level.sku_id)
    )
    for sku, quantity, value in session.execute(shorts):
        worth[sku][1:] = [quantity, value]
    return {sku: (held[0], held[1], held[2]) for sku, held in worth.items()}


def _short_and_value(worth: tuple[int, int, int] | None) -> tuple[int, int]:
    if worth is None:
        return 0, 0
    layers, quantity, provisional = worth
    return quantity, layers - provisional


def _total(column: Any) -> Any:
    # PostgreSQL sums BIGINT to NUMERIC; figures here stay whole numbers.
    return sa.cast(sa.func.coalesce(sa.func.sum(column), 0), sa.BigInteger)


@dataclass(frozen=True, slots=True)
class SkuFacts:
    """One SKU with all that explains its figures."""

    id: int
    code: str
    title: str
    levels: Sequence[Any]
    layers: Sequence[Any]
    uses: Mapping[int, Sequence[Any]]
    shorts: Sequence[Any]
    moves: Sequence[Any]


def get_sku(session: Session, company_id: int, sku_id: int) -> SkuFacts:
    """Return a SKU with its levels, layers and what used them, shorts and last moves.

    Raises: NotFound, also for the SKU of another company.
    """
    sku = session.scalar(sa.select(Sku).where(Sku.company_id == company_id, Sku.id == sku_id))
    if sku is None:
        raise NotFound("There is no such SKU.")
    levels = _levels_of(session, company_id, sku_id)
    ids = [level.id for level in levels]
    layers = _layers_of(session, company_id, ids)
    return SkuFacts(
        id=sku.id,
        code=sku.code,
        title=sku.title,
        levels=levels,
        layers=layers,
        uses=_uses_of(session, company_id, [layer.id for layer in layers]),
        shorts=_shorts_of(session, company_id, ids),
        moves=_moves_of(session, company_id, ids),
    )


def _levels_of(session: Session, company_id: int, sku_id: int) -> Sequence[Any]:
    open_short = (
        sa.select(_total(Short.open_quantity))
        .where(
            Short.company_id == Level.company_id,
            Short.level_id == Level.id,
            Short.open_quantity > 0,
        )
        .scalar_subquery()
    )
    query = (
        sa.select(
            Level.id,
            Warehouse.code.label("warehouse"),
            Warehouse.name,
            Level.condition,
            Level.on_hand,
            Level.reserved,
            Level.last_unit_cost,
            open_short.label("short"),
        )
        .join(
            Warehouse,
            sa.and_(Warehouse.company_id == Level.company_id, Warehouse.id == Level.warehouse_id),
        )
        .where(Level.company_id == company_id, Level.sku_id == sku_id)
        .order_by(Warehouse.code, Level.condition)
    )
    return session.execute(query).all()


def _layers_of(session: Session, company_id: int, levels: Sequence[int]) -> Sequence[Any]:
    query = (
        sa.select(
            Layer.id,
            Layer.received_at,
            Layer.quantity,
            Layer.value,
            Layer.remaining,
            Layer.remaining_value,
            Document.kind,
            Document.natural_key,
        )
        .join(
            Document,
            sa.and_(Document.company_id == Layer.company_id, Document.id == Layer.document_id),
        )
        .where(Layer.company_id == company_id, any_of(session, Layer.level_id, levels))
        .order_by(Layer.received_at.desc(), Layer.id.desc())
        .limit(ROWS_SHOWN)
    )
    return session.execute(query).all()


def _uses_of(
    session: Session, company_id: int, layers: Sequence[int]
) -> Mapping[int, Sequence[Any]]:
    """Return the latest uses of some layers, by layer."""
    query = (
        sa.select(
            LayerUse.layer_id,
            LayerUse.quantity,
            LayerUse.value,
            LayerUse.returned_quantity,
            LayerUse.returned_value,
            LayerUse.line_id,
            Document.kind,
            Document.natural_key,
            Document.happened_at,
            Document.order_id,
        )
        .join(
            Document,
            sa.and_(
                Document.company_id == LayerUse.company_id, Document.id == LayerUse.document_id
            ),
        )
        .where(LayerUse.company_id == company_id, any_of(session, LayerUse.layer_id, layers))
        .order_by(LayerUse.id.desc())
        .limit(2 * ROWS_SHOWN)
    )
    uses: dict[int, list[Any]] = defaultdict(list)
    for use in session.execute(query):
        uses[use.layer_id].append(use)
    return uses


def _shorts_of(session: Session, company_id: int, levels: Sequence[int]) -> Sequence[Any]:
    query = (
        sa.select(
            Short.id,
            Short.happened_at,
            Short.quantity,
            Short.value,
            Short.open_quantity,
            Short.open_value,
            Document.order_id,
            Document.natural_key,
        )
        .join(
            Document,
            sa.and_(Document.company_id == Short.company_id, Document.id == Short.document_id),
        )
        .where(
            Short.company_id == company_id,
            any_of(session, Short.level_id, levels),
            Short.open_quantity > 0,
        )
        .order_by(Short.happened_at, Short.id)
        .limit(ROWS_SHOWN)
    )
    return session.execute(query).all()


def _moves_of(session: Session, company_id: int, levels: Sequence[int]) -> Sequence[Any]:
    query = (
        sa.select(
            Move.id,
            Move.quantity,
            Move.reason,
            Move.raw_row_id,
            Document.happened_at,
            Document.kind,
            Document.natural_key,
            Document.order_id,
        )
        .join(
            Document,
            sa.and_(Document.company_id == Move.company_id, Document.id == Move.document_id),
        )
        .where(Move.company_id == company_id, any_of(session, Move.level_id, levels))
        .order_by(Move.id.desc())
        .limit(ROWS_SHOWN)
    )
    return session.execute(query).all()
