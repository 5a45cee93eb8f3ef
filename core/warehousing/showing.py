"""What pages and commands show of the work in warehouses."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm import aliased

from core.catalog.models import Sku
from core.db import any_of
from core.paging import PAGE_SIZE
from core.paging import Cursor
from core.paging import Page
from core.paging import fetch_page
from core.stock.models import Level
from core.stock.models import Warehouse
from core.warehousing.models import Count
from core.warehousing.models import CountLine
from core.warehousing.models import Transfer
from core.warehousing.models import TransferLine


def levels_of(
    session: Session, company_id: int, skus: Sequence[str] = (), warehouse: str = ""
) -> list[dict[str, object]]:
    """Return what lies where, of some SKUs or of all, by SKU, warehouse and condition."""
    query = sa.select(Sku.code.label("sku"), *_LEVEL)
    query = _of_company(query, company_id, warehouse)
    if skus:
        query = query.where(any_of(session, Sku.code, list(skus)))
    rows = [dict(row) for row in session.execute(query).mappings()]
    return sorted(rows, key=lambda row: (row["sku"], row["warehouse"], row["condition"]))


def list_levels(
    session: Session,
    company_id: int,
    sku: str,
    warehouse: str,
    cursor: Cursor | None,
    limit: int,
) -> Page[Any]:
    """Return a page of what lies where by SKU; of one SKU or one warehouse, if named."""
    query = sa.select(Sku.code.label("sku"), Level.id, *_LEVEL)
    query = _of_company(query, company_id, warehouse)
    if sku:
        query = query.where(Sku.code == sku)
    return fetch_page(session, query, (Sku.code, Level.id), cursor, limit=limit)


_LEVEL = (
    Warehouse.code.label("warehouse"),
    Warehouse.kind,
    Level.condition,
    Level.on_hand,
    Level.reserved,
    (Level.on_hand - Level.reserved).label("available"),
)


def _of_company(
    query: sa.Select[*tuple[Any, ...]], company_id: int, warehouse: str
) -> sa.Select[*tuple[Any, ...]]:
    query = (
        query.select_from(Level)
        .join(Sku, (Sku.company_id == Level.company_id) & (Sku.id == Level.sku_id))
        .join(
            Warehouse,
            (Warehouse.company_id == Level.company_id) & (Warehouse.id == Level.warehouse_id),
        )
        .where(Level.company_id == company_id)
    )
    return query.where(Warehouse.code == warehouse) if warehouse else query


def transfer_sheet(session: Session, transfer: Transfer) -> dict[str, Any]:
    """Return a transfer with its lines."""
    codes = _codes(session, transfer.company_id, (transfer.from_id, transfer.to_id))
    query = (
        sa.select(
            Sku.id.label("sku_id"),
            Sku.code.label("sku"),
            TransferLine.quantity,
            TransferLine.shipped,
            TransferLine.received,
            TransferLine.lost,
            (TransferLine.shipped - TransferLine.received - TransferLine.lost).label("open"),
        )
        .join(Sku, (Sku.company_id == TransferLine.company_id) & (Sku.id == TransferLine.sku_id))
        .where(
            TransferLine.company_id == transfer.company_id, TransferLine.transfer_id == transfer.id
        )
        .order_by(TransferLine.id)
    )
    return {
        "reference": transfer.reference,
        "state": transfer.state,
        "from": codes[transfer.from_id],
        "to": codes[transfer.to_id],
        "note": transfer.note,
        "created_at": transfer.created_at,
        "shipped_at": transfer.shipped_at,
        "closed_at": transfer.closed_at,
        "lines": [dict(row) for row in session.execute(query).mappings()],
    }


def count_sheet(session: Session, count: Count) -> dict[str, Any]:
    """Return a count with its lines; `moved` is what the record changed by since the freeze."""
    here = (
        sa.select(Level.on_hand)
        .where(
            Level.company_id == CountLine.company_id,
            Level.warehouse_id == count.warehouse_id,
            Level.sku_id == CountLine.sku_id,
            Level.condition == count.condition,
            Level.lot_id == 0,
        )
        .scalar_subquery()
    )
    query = (
        sa.select(
            Sku.id.label("sku_id"),
            Sku.code.label("sku"),
            Sku.title,
            CountLine.expected,
            CountLine.counted,
            CountLine.variance,
            CountLine.value,
            (sa.func.coalesce(here, 0) - CountLine.expected).label("moved"),
        )
        .join(Sku, (Sku.company_id == CountLine.company_id) & (Sku.id == CountLine.sku_id))
        .where(CountLine.company_id == count.company_id, CountLine.count_id == count.id)
        .order_by(CountLine.id)
    )
    lines = [dict(row) for row in session.execute(query).mappings()]
    return {
        "reference": count.reference,
        "state": count.state,
        "warehouse": _codes(session, count.company_id, [count.warehouse_id])[count.warehouse_id],
        "condition": count.condition,
        "note": count.note,
        "created_at": count.created_at,
        "frozen_at": count.frozen_at,
        "closed_at": count.closed_at,
        "lines": [_with_difference(line, count.state) for line in lines],
    }


def list_transfers(
    session: Session, company_id: int, cursor: Cursor | None, limit: int = PAGE_SIZE
) -> Page[Any]:
    """Return a page of transfers, the latest first."""
    origin, target = aliased(Warehouse), aliased(Warehouse)
    units = (
        sa.select(sa.cast(sa.func.sum(TransferLine.quantity), sa.BigInteger))
        .where(
            TransferLine.company_id == Transfer.company_id,
            TransferLine.transfer_id == Transfer.id,
        )
        .scalar_subquery()
    )
    query = (
        sa.select(
            Transfer.id,
            Transfer.reference,
            Transfer.state,
            Transfer.created_at,
            Transfer.shipped_at,
            origin.code.label("origin"),
            target.code.label("target"),
            units.label("units"),
        )
        .join(origin, (origin.company_id == Transfer.company_id) & (origin.id == Transfer.from_id))
        .join(target, (target.company_id == Transfer.company_id) & (target.id == Transfer.to_id))
        .where(Transfer.company_id == company_id)
    )
    return fetch_page(session, query, (Transfer.id,), cursor, descending=True, limit=limit)


def list_counts(
    session: Session, company_id: int, cursor: Cursor | None, limit: int = PAGE_SIZE
) -> Page[Any]:
    """Return a page of stock counts, the latest first."""
    query = (
        sa.select(
            Count.id,
            Count.reference,
            Count.state,
            Count.condition,
            Count.created_at,
            Warehouse.code.label("warehouse"),
        )
        .join(
            Warehouse,
            (Warehouse.company_id == Count.company_id) & (Warehouse.id == Count.warehouse_id),
        )
        .where(Count.company_id == company_id)
    )
    return fetch_page(session, query, (Count.id,), cursor, descending=True, limit=limit)


def _with_difference(line: Mapping[str, Any], state: str) -> dict[str, Any]:
    """Return a line with what would be posted, as long as nothing is."""
    known = line["counted"] is not None and line["expected"] is not None
    if state == "frozen" and known:
        return {**line, "variance": line["counted"] - line["expected"]}
    return dict(line)


def _codes(session: Session, company_id: int, ids: Sequence[int]) -> dict[int, str]:
    query = sa.select(Warehouse.id, Warehouse.code).where(
        Warehouse.company_id == company_id, any_of(session, Warehouse.id, sorted(set(ids)))
    )
    return dict(session.execute(query).all())
