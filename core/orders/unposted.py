"""Parcels that have left and are not booked yet, and their lines, as posting needs them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm import aliased

from core.db import any_of
from core.orders.models import Order
from core.orders.models import OrderLine
from core.stock.models import Document
from core.tax.models import CHARGED_RATE
from core.tax.models import Decision

_original = aliased(OrderLine)
# What replaces goods counts for the order that was sold first.
_first_order = sa.case((Order.origin_kind.in_(("reship", "exchange")), Order.origin_id))
_decision_id = sa.func.coalesce(OrderLine.decision_id, _original.decision_id)


def unposted(company_id: int) -> sa.Select[*tuple[Any, ...]]:
    """Return the query of parcels that wait to be booked, which locks them."""
    return (
        sa.select(
            Document.id,
            Document.natural_key,
            Document.warehouse_id,
            Document.booked_on,
            Document.waiting_for,
            Order.id.label("order_id"),
            Order.external_ref,
            Order.platform,
            Order.account,
            Order.kind,
            Document.currency,
            Order.country,
            Order.shop_id,
        )
        .join(Order, (Order.company_id == Document.company_id) & (Order.id == Document.order_id))
        .where(
            Document.company_id == company_id,
            Document.posting_state == "waiting",
        )
        .order_by(Document.id)
        .with_for_update(of=Document)
    )


def lines_of(
    session: Session, company_id: int, document_ids: Sequence[int]
) -> defaultdict[int, list[Any]]:
    """Return the lines of some parcels by parcel, each with the tax and the sale that it undoes."""
    query = (
        sa.select(
            OrderLine.id,
            OrderLine.document_id,
            OrderLine.kind,
            OrderLine.sku_id,
            OrderLine.occurred_on,
            OrderLine.country,
            OrderLine.net_amount,
            OrderLine.tax_amount,
            OrderLine.platform_tax,
            OrderLine.account,
            OrderLine.cost_amount,
            OrderLine.quantity,
            OrderLine.original_line_id,
            _decision_id.label("decision_id"),
            CHARGED_RATE.label("tax_rate"),
            Decision.account.label("tax_account"),
            _original.occurred_on.label("sold_on"),
            _original.country.label("sold_to"),
            _original.net_amount.label("sold_net"),
            sa.func.coalesce(_original.order_id, _first_order, OrderLine.order_id).label(
                "order_id"
            ),
        )
        .join(
            Order,
            (Order.company_id == OrderLine.company_id) & (Order.id == OrderLine.order_id),
        )
        .outerjoin(
            _original,
            (_original.company_id == OrderLine.company_id)
            & (_original.id == OrderLine.original_line_id),
        )
        .outerjoin(
            Decision,
            (Decision.company_id == OrderLine.company_id) & (Decision.id == _decision_id),
        )
        .where(
            OrderLine.company_id == company_id,
            any_of(session, OrderLine.document_id, document_ids),
        )
        .order_by(OrderLine.id)
    )
    lines: defaultdict[int, list[Any]] = defaultdict(list)
    for line in session.execute(query):
        lines[line.document_id].append(line)
    return lines
