"""What pages and commands show of labels, and the number by which an order's parcel travels."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import any_of
from core.errors import NotFound
from core.kernel.models import Connection
from core.labelling.asking import BOUGHT
from core.labelling.asking import sellers_of
from core.labelling.models import Label
from core.labelling.models import LabelFile
from core.orders.models import Order
from core.stock.models import Warehouse

MOST = 200


@dataclass(frozen=True, slots=True)
class ShownLabel:
    """A label as a person sees it; `price` is None where it is told later."""

    NEEDS: ClassVar[dict[str, str]] = {"price": "money.view"}

    id: int
    order_id: int
    order: str
    key: str
    state: str
    connection: str
    warehouse: str
    ref: str
    carrier: str
    service: str
    tracking: str
    price: int | None
    currency: str
    reason: str
    created_at: datetime
    bought_at: datetime | None
    has_file: bool


def labels_of_order(session: Session, company_id: int, order_id: int) -> list[ShownLabel]:
    """Return the labels of an order, the newest first."""
    return _shown(session, company_id, Label.order_id == order_id)


def latest_labels(session: Session, company_id: int, state: str = "") -> list[ShownLabel]:
    """Return the latest labels, of one state or of all."""
    return _shown(session, company_id, Label.state == state if state else sa.true())


def shown_label(session: Session, company_id: int, label_id: int) -> ShownLabel:
    """Return a label.

    Raises: NotFound.
    """
    found = _shown(session, company_id, Label.id == label_id)
    if not found:
        raise NotFound(f"There is no label {label_id}.")
    return found[0]


def _shown(session: Session, company_id: int, which: sa.ColumnElement[bool]) -> list[ShownLabel]:
    query = (
        sa.select(Label, Order.external_ref, Connection.label, Warehouse.code, LabelFile.id)
        .join(Order, (Order.company_id == Label.company_id) & (Order.id == Label.order_id))
        .join(Connection, Connection.id == Label.connection_id)
        .join(
            Warehouse,
            (Warehouse.company_id == Label.company_id) & (Warehouse.id == Label.warehouse_id),
        )
        .outerjoin(
            LabelFile, (LabelFile.company_id == Label.company_id) & (LabelFile.id == Label.id)
        )
        .where(Label.company_id == company_id, which)
        .order_by(Label.id.desc())
        .limit(MOST)
    )
    return [
        ShownLabel(
            row.id, row.order_id, ref, row.key, row.state, connection, place, row.ref,
            row.carrier, row.service, row.tracking, row.price, row.currency, row.reason,
            row.created_at, row.bought_at, file is not None,
        )
        for row, ref, connection, place, file in session.execute(query)
    ]  # fmt: skip


def seller_labels(session: Session, company_id: int, platform: str, account: str) -> list[str]:
    """Return the names of the connections that sell labels for orders of an account."""
    return [each.label for each in sellers_of(session, company_id, platform, account)]


def numbers_of(
    session: Session, company_id: int, order_ids: Collection[int]
) -> Mapping[int, tuple[str, str]]:
    """Return the carrier and the number of the latest label that was bought for some orders."""
    query = (
        sa.select(Label.order_id, Label.carrier, Label.tracking)
        .where(
            Label.company_id == company_id,
            any_of(session, Label.order_id, sorted(order_ids)),
            Label.state == BOUGHT,
        )
        .order_by(Label.id)
    )
    return {row[0]: (row[1], row[2]) for row in session.execute(query)}
