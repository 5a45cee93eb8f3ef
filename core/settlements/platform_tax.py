"""Tax that platforms collect: their own figure beside ours, order by order, and why they differ.

Nothing is computed anew: ours is what the order's lines were decided and booked with, theirs is
what settlements withheld. What the platform paid over counts; ours is a forecast of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm import aliased

from core.db import any_of
from core.fees.dictionary import Category
from core.fees.models import Finality
from core.ids import next_id
from core.orders.models import Order
from core.orders.models import OrderLine
from core.settlements.models import Booking
from core.settlements.models import StatementRow
from core.settlements.models import TaxGap
from core.settlements.posting import MARKETPLACE_TAX
from core.tax.decision import RATE_ONE
from core.tax.models import Decision

DAYS = 400
"""How far back orders are compared; what is older was closed long ago."""

SETTLED = 2
SALE, REFUND = "sale", "refund"
SELLER_CHARGED = "seller_charged"


@dataclass(frozen=True, slots=True)
class Gap:
    """Where the platform's figure for the sale or the refunds of an order is not ours.

    Amounts in minor units of `currency`, positive for tax on sales. `cause` is `rounding`, `rate`,
    `missing` (nothing was withheld of a settled order), `seller_charged` (the platform paid over
    what we decided to be ours to pay), `unexpected` (we decided that nobody charges any) or
    `one_sided` (a refund reversed on one side only). `our_rate` and `their_rate` in millionths.
    """

    order_id: int
    order: str
    platform: str
    side: str
    currency: str
    ours: int
    theirs: int
    our_rate: int
    their_rate: int
    cause: str

    @property
    def difference(self) -> int:
        """Return what the platform has more than we."""
        return self.theirs - self.ours


def compare(session: Session, company_id: int, today: date) -> list[Gap]:
    """Compare the platforms' figures of the last months with ours; two queries."""
    since = today - timedelta(days=DAYS)
    theirs = {row.order_id: row for row in session.execute(_theirs(company_id, since))}
    found = []
    for row in session.execute(_ours(company_id, since, sorted(theirs) or [0], session)):
        told = theirs.get(row.id)
        found += _gaps(row, told)
    return found


def keep_gaps(session: Session, company_id: int, today: date) -> list[Gap]:
    """Compare, and keep what differs for pages."""
    found = compare(session, company_id, today)
    session.execute(sa.delete(TaxGap).where(TaxGap.company_id == company_id))
    names = [name for name in Gap.__dataclass_fields__ if name not in ("order", "platform")]
    session.add_all(
        TaxGap(
            company_id=company_id,
            id=next_id(session),
            **{name: getattr(each, name) for name in names},
        )
        for each in found
    )
    session.flush()
    return found


def kept_gaps(session: Session, company_id: int) -> list[Gap]:
    """Return what the last comparison found, the greatest difference first."""
    query = (
        sa.select(TaxGap, Order.external_ref, Order.platform)
        .join(Order, (Order.company_id == TaxGap.company_id) & (Order.id == TaxGap.order_id))
        .where(TaxGap.company_id == company_id)
    )
    names = [name for name in Gap.__dataclass_fields__ if name not in ("order", "platform")]
    found = [
        Gap(order=ref, platform=platform, **{name: getattr(row, name) for name in names})
        for row, ref, platform in session.execute(query)
    ]
    return sorted(found, key=lambda each: (-abs(each.difference), each.order))


def gaps_query(company_id: int) -> sa.Select[int]:
    """Select what was found to differ by more than rounding."""
    return sa.select(TaxGap.id).where(TaxGap.company_id == company_id, TaxGap.cause != "rounding")


def _gaps(row: Any, told: Any) -> list[Gap]:
    if told is None and not (row.final or 0) >= SETTLED:
        return []
    ours = {SALE: int(row.sold), REFUND: int(row.returned)}
    theirs = {SALE: int(told.sold) if told else 0, REFUND: int(told.returned) if told else 0}
    net = {SALE: int(row.net), REFUND: int(row.returned_net)}
    return [
        Gap(
            row.id,
            row.external_ref,
            row.platform,
            side,
            row.currency,
            ours[side],
            theirs[side],
            _rate(ours[side], net[side]),
            _rate(theirs[side], net[side]),
            _cause(side, ours[side], theirs[side], int(row.lines), int(row.seller_tax)),
        )
        for side in (SALE, REFUND)
        if ours[side] != theirs[side] and not _is_to_come(side, ours[side], theirs[side], row)
    ]


def _is_to_come(side: str, ours: int, theirs: int, row: Any) -> bool:
    """Say whether the refund is known on one side only because the other has not come yet."""
    return side == REFUND and ours != 0 and theirs == 0 and (row.final or 0) < SETTLED


def _cause(side: str, ours: int, theirs: int, lines: int, seller_tax: int) -> str:
    if ours and theirs:
        return "rounding" if abs(ours - theirs) <= lines else "rate"
    if side == REFUND:
        return "one_sided"
    if ours:
        return "missing"
    return SELLER_CHARGED if seller_tax else "unexpected"


def _rate(tax: int, net: int) -> int:
    return abs(tax) * RATE_ONE // abs(net) if net else 0


def _theirs(company_id: int, since: date) -> sa.Select[*tuple[Any, ...]]:
    amount = StatementRow.amount
    return (
        sa.select(
            Booking.order_id,
            (-sa.func.sum(sa.case((amount < 0, amount), else_=0))).label("sold"),
            (-sa.func.sum(sa.case((amount > 0, amount), else_=0))).label("returned"),
        )
        .join(
            StatementRow,
            (StatementRow.company_id == Booking.company_id) & (StatementRow.id == Booking.id),
        )
        .where(
            Booking.company_id == company_id,
            Booking.category == str(Category.WITHHELD),
            Booking.outcome == "applied",
            Booking.order_id.is_not(None),
            StatementRow.posted_on >= since,
        )
        .group_by(Booking.order_id)
    )


def _ours(
    company_id: int, since: date, named: Sequence[int], session: Session
) -> sa.Select[*tuple[Any, ...]]:
    """Select each order with the platform's tax that its lines, and what undoes them, bear."""
    sold = aliased(OrderLine)
    head = sa.func.coalesce(sold.order_id, OrderLine.order_id)
    by_platform = Decision.account == MARKETPLACE_TAX
    tax, net = OrderLine.tax_amount, OrderLine.net_amount
    is_back = sold.id.is_not(None)

    def total(value: Any, *conditions: Any) -> Any:
        return sa.func.sum(sa.case((sa.and_(*conditions), value), else_=0))

    lines = (
        sa.select(
            head.label("order_id"),
            total(tax, by_platform, sa.not_(is_back)).label("sold"),
            total(tax, by_platform, is_back).label("returned"),
            total(net, sa.not_(is_back)).label("net"),
            total(net, is_back).label("returned_net"),
            total(tax, sa.not_(by_platform)).label("seller_tax"),
            sa.func.count().label("lines"),
        )
        .outerjoin(
            sold,
            (sold.company_id == OrderLine.company_id) & (sold.id == OrderLine.original_line_id),
        )
        .join(
            Decision,
            (Decision.company_id == OrderLine.company_id) & (Decision.id == OrderLine.decision_id),
        )
        .where(
            OrderLine.company_id == company_id,
            sa.or_(
                by_platform & (OrderLine.occurred_on >= since),
                any_of(session, head, list(named)),
            ),
        )
        .group_by(head)
        .subquery("lines")
    )
    return (
        sa.select(
            Order.id,
            Order.external_ref,
            Order.platform,
            Order.currency,
            Finality.state.label("final"),
            *(lines.c[name] for name in _SUMS),
        )
        .join(lines, lines.c.order_id == Order.id)
        .outerjoin(Finality, (Finality.company_id == Order.company_id) & (Finality.id == Order.id))
        .where(Order.company_id == company_id)
        .order_by(Order.id)
    )


_SUMS = ("sold", "returned", "net", "returned_net", "seller_tax", "lines")

FIXES: Mapping[str, str] = {
    "rounding": "Nothing is to do: the platform rounds otherwise, and its figure counts.",
    "rate": "Look at the SKU's class of rate and at where the order went.",
    "missing": "Ask the platform for this tax: it settled the order without withholding any.",
    SELLER_CHARGED: "It would be paid twice: look at its channel and your registrations.",
    "unexpected": "Look at the reason of the order's decision, at the channel and registrations.",
    "one_sided": "Enter the credit note, or import the settlement that gives the tax back.",
}
"""What to do about each cause; pages say it in the visitor's language."""
