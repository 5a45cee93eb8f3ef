"""What pages and programs read of the tax facts of an order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.orders.models import Order
from core.orders.models import OrderTax
from core.tax.models import BuyerNumber
from core.tax.numbers import TaxNumber


@dataclass(frozen=True, slots=True)
class OrderTaxFacts:
    """What was told of the tax of an order; `order_id` is the one that was told it."""

    NEEDS: ClassVar[dict[str, str]] = {
        "number": "personal.view",
        "consultation": "personal.view",
        "consignment_value": "money.view",
    }

    order_id: int
    buyer: str
    number: str
    number_status: str
    number_source: str
    number_problem: str
    consultation: str
    checked_at: datetime | None
    region: str
    postcode: str
    ship_from: str
    from_region: str
    paid_on: date | None
    ioss_number: str
    collector: str
    scheme: str
    consignment_value: int | None


def order_tax(session: Session, company_id: int, order_id: int) -> OrderTaxFacts | None:
    """Return the tax facts of an order, those of the first for a part; None if none were told."""
    origin = sa.select(Order.origin_id).where(Order.company_id == company_id, Order.id == order_id)
    query = (
        sa.select(OrderTax, BuyerNumber)
        .outerjoin(
            BuyerNumber,
            sa.and_(
                BuyerNumber.company_id == OrderTax.company_id,
                BuyerNumber.id == OrderTax.number_id,
            ),
        )
        .where(
            OrderTax.company_id == company_id,
            sa.or_(OrderTax.id == order_id, OrderTax.id == origin.scalar_subquery()),
        )
        .order_by(OrderTax.id != order_id)
        .limit(1)
    )
    row = session.execute(query).one_or_none()
    return _facts(*row) if row else None


def _facts(told: OrderTax, number: BuyerNumber | None) -> OrderTaxFacts:
    return OrderTaxFacts(
        told.id,
        told.buyer,
        TaxNumber(number.country, number.number).text if number else "",
        number.status if number else "",
        number.source if number else "",
        number.problem if number else "",
        number.consultation if number else "",
        number.checked_at if number else None,
        told.region,
        told.postcode,
        told.ship_from,
        told.from_region,
        told.paid_on,
        told.ioss_number,
        told.collector,
        told.scheme,
        told.consignment_value,
    )
