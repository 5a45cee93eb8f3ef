"""What pages and commands show of what other people's warehouses send."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import any_of
from core.fulfilling.asking import OPEN
from core.fulfilling.models import Fulfilment
from core.fulfilling.models import FulfilmentItem
from core.fulfilling.models import Parcel
from core.fulfilling.serving import servers_of
from core.orders.models import Order
from core.stock.models import Warehouse
from core.stock.warehouses import RESERVABLE

MOST = 200


@dataclass(frozen=True, slots=True)
class ShownParcel:
    """A parcel that left, and how many pieces are in it."""

    carrier: str
    tracking: str
    shipped_at: datetime
    pieces: int


@dataclass(frozen=True, slots=True)
class ShownFulfilment:
    """A fulfilment as a person sees it; `pieces` were asked for, of which `shipped` have left."""

    order_id: int
    order: str
    warehouse: str
    key: str
    state: str
    wants: str
    status: str
    reason: str
    created_at: datetime
    pieces: int
    shipped: int
    parcels: tuple[ShownParcel, ...] = ()


def fulfilments_of_order(session: Session, company_id: int, order_id: int) -> list[ShownFulfilment]:
    """Return what warehouses were asked to send of an order, the newest first."""
    return _shown(session, company_id, Fulfilment.order_id == order_id)


def open_fulfilments(session: Session, company_id: int) -> list[ShownFulfilment]:
    """Return what warehouses were asked to send and have not finished, the newest first."""
    return _shown(session, company_id, Fulfilment.state.in_(OPEN))


def places_for(session: Session, company_id: int, platform: str, account: str) -> list[str]:
    """Return the codes of the warehouses from which an order may leave."""
    servers = servers_of(session, company_id)
    theirs = {place for place, server in servers.items() if not server.sells(platform, account)}
    query = (
        sa.select(Warehouse.id, Warehouse.code, Warehouse.kind)
        .where(Warehouse.company_id == company_id, Warehouse.archived_at.is_(None))
        .order_by(Warehouse.code)
    )
    return [
        row.code for row in session.execute(query) if row.kind in RESERVABLE or row.id in theirs
    ]


def _shown(
    session: Session, company_id: int, which: sa.ColumnElement[bool]
) -> list[ShownFulfilment]:
    query = (
        sa.select(Fulfilment, Order.external_ref, Warehouse.code)
        .join(
            Order, (Order.company_id == Fulfilment.company_id) & (Order.id == Fulfilment.order_id)
        )
        .join(
            Warehouse,
            (Warehouse.company_id == Fulfilment.company_id)
            & (Warehouse.id == Fulfilment.warehouse_id),
        )
        .where(Fulfilment.company_id == company_id, which)
        .order_by(Fulfilment.id.desc())
        .limit(MOST)
    )
    rows = session.execute(query).all()
    ids = [row[0].id for row in rows]
    pieces = _pieces(session, company_id, ids)
    parcels = _parcels(session, company_id, ids)
    return [
        ShownFulfilment(
            each.order_id,
            ref,
            code,
            each.key,
            each.state,
            each.wants,
            each.status,
            each.reason,
            each.created_at,
            *pieces.get(each.id, (0, 0)),
            tuple(parcels[each.id]),
        )
        for each, ref, code in rows
    ]


def _pieces(session: Session, company_id: int, ids: list[int]) -> Mapping[int, tuple[int, int]]:
    sums = [
        sa.cast(sa.func.sum(column), sa.BigInteger)
        for column in (FulfilmentItem.quantity, FulfilmentItem.shipped)
    ]
    query = (
        sa.select(FulfilmentItem.fulfilment_id, *sums)
        .where(
            FulfilmentItem.company_id == company_id,
            any_of(session, FulfilmentItem.fulfilment_id, ids),
        )
        .group_by(FulfilmentItem.fulfilment_id)
    )
    return {row[0]: (int(row[1]), int(row[2])) for row in session.execute(query)}


def _parcels(
    session: Session, company_id: int, ids: list[int]
) -> defaultdict[int, list[ShownParcel]]:
    query = (
        sa.select(Parcel)
        .where(Parcel.company_id == company_id, any_of(session, Parcel.fulfilment_id, ids))
        .order_by(Parcel.shipped_at, Parcel.id)
    )
    found: defaultdict[int, list[ShownParcel]] = defaultdict(list)
    for row in session.scalars(query):
        shown = ShownParcel(row.carrier, row.tracking, row.shipped_at, sum(row.items.values()))
        found[row.fulfilment_id].append(shown)
    return found
