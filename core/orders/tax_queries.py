"""What pages and programs read of the tax facts of an order."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace
from datetime import date
from datetime import datetime
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.ledger.models import Entry
from core.orders.models import Order
from core.orders.models import OrderTax
from core.tax.declaring import CORRECTION
from core.tax.models import BuyerNumber
from core.tax.models import NumberCheck
from core.tax.numbers import TaxNumber


@dataclass(frozen=True, slots=True)
class OrderTaxFacts:
    """What was told of the tax of an order; `order_id` is the one that was told it.

    `number_status` is what is known of the number now; `proof` is what its register had answered
    when the tax was booked, which is the evidence of the decision: empty where nobody had answered.
    """

    NEEDS: ClassVar[dict[str, str]] = {
        "number": "personal.view",
        "consultation": "personal.view",
        "proof_consultation": "personal.view",
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
    invoiced_on: date | None
    proof: str = ""
    proof_source: str = ""
    proof_consultation: str = ""
    proof_requester: str = ""
    proof_at: datetime | None = None


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
    if row is None:
        return None
    facts = _facts(*row)
    proof = _proof(session, company_id, order_id, row[1].id) if row[1] else None
    if proof is None:
        return facts
    return replace(
        facts,
        proof=proof.status,
        proof_source=proof.source,
        proof_consultation=proof.consultation,
        proof_requester=proof.requester,
        proof_at=proof.asked_at,
    )


def _proof(session: Session, company_id: int, order_id: int, number_id: int) -> NumberCheck | None:
    """Return the last answer about a number before the tax of an order was booked, or corrected.

    Answers and entries are append-only, so this stays what it was whatever is answered later.
    """
    booked = sa.select(sa.func.max(Entry.recorded_at)).where(
        Entry.company_id == company_id,
        Entry.order_id == order_id,
        Entry.kind.in_(("sale", CORRECTION)),
    )
    query = (
        sa.select(NumberCheck)
        .where(
            NumberCheck.company_id == company_id,
            NumberCheck.number_id == number_id,
            NumberCheck.asked_at <= booked.scalar_subquery(),
        )
        .order_by(NumberCheck.asked_at.desc(), NumberCheck.id.desc())
        .limit(1)
    )
    return session.scalars(query).one_or_none()


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
        told.invoiced_on,
    )
