"""What a label costs, in the books: a cost of its order on the day on which it was bought.

Where the platform that sold the goods sold the label too, it charges it with its settlement. Until
then the cost stands as accrued beside the order's other fees, and what the settlement says takes
its place: nothing counts twice. A label of anybody else stands with what carriers are owed, until
his own bill comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import any_of
from core.db import rows_of
from core.fees.estimating import BOUGHT
from core.fees.estimating import BOUGHT_ELSEWHERE
from core.fees.estimating import LAST_MILE
from core.fees.estimating import accrual_of
from core.fees.models import Estimate
from core.ids import id_stream
from core.kernel.companies import company_of
from core.labelling.models import Label
from core.ledger.journal import Dimensions
from core.ledger.journal import EntryDraft
from core.ledger.journal import Journal
from core.ledger.periods import closed_months
from core.ledger.periods import open_day
from core.money import allocate
from core.orders.models import Order
from core.orders.models import OrderLine
from core.rates.finding import rates_to
from core.rates.rate import Rate
from core.rates.rate import converted

ACCRUED_APART = "2130"


@dataclass(frozen=True, slots=True)
class _Cost:
    """Where the cost of a label stands.

    Fees of an order are in the order's currency: one in another stands on an item of its `own`.
    """

    order: Order
    estimator: str
    key: str
    own: bool

    @property
    def held(self) -> str:
        """Return the account on which it is owed."""
        return ACCRUED_APART if self.own else accrual_of(LAST_MILE, self.estimator)


def book_label(session: Session, label: Label, *, charged: bool) -> None:
    """Book what a label costs; `charged` says that the platform settles it with the order.

    Raises: Unresolved where a rate of exchange is missing.
    """
    if not label.price:
        return
    cost = _cost_of(session, label, charged=charged)
    lines = _lines(session, label)
    entry, journal, rate = _begin(session, label, cost, f"label:{label.id}", "label")
    ids, order = id_stream(session), cost.order
    parts = allocate(label.price, [max(line.net_amount, 0) for line in lines])
    of_order = Dimensions(order.shop_id, order.country, order.id)
    kept = _kept(session, label, lines)
    values = 0
    for line, part in zip(lines, parts, strict=True):
        if not part:
            continue
        value, original = converted(rate, part)
        where = of_order._replace(country=line.country, line_id=line.id, sku_id=line.sku_id)
        entry.add(LAST_MILE, value, where, tag="estimate", original=original)
        values += value
        amount = 0 if cost.own else part
        session.add(_estimate(kept.get(line.id), label, line.id, amount, cost.estimator, next(ids)))
    owed = converted(rate, -label.price)[1]
    item = journal.owe(cost.held, cost.key, next(ids), -values, None, original=owed)
    entry.add(cost.held, -values, of_order, item_id=item, original=owed)
    journal.post()
    label.booked = label.price


def reverse_label(session: Session, label: Label, *, charged: bool) -> None:
    """Take back what is booked of a label and was not charged yet: it was given back.

    What was charged comes back with the settlement that says so.
    """
    if not label.booked:
        return
    cost = _cost_of(session, label, charged=charged)
    lines = _lines(session, label)
    entry, journal, rate = _begin(session, label, cost, f"label_void:{label.id}", "label_void")
    ids, order = id_stream(session), cost.order
    of_order = Dimensions(order.shop_id, order.country, order.id)
    shares = allocate(label.booked, [max(line.net_amount, 0) for line in lines])
    kept = _kept(session, label, lines)
    parts = [
        share if cost.own else _give_back(kept.get(line.id), share)
        for line, share in zip(lines, shares, strict=True)
    ]
    if taken := sum(parts):
        # What was accrued goes at the value at which it stands.
        carried, beyond = journal.carried(cost.held, cost.key, taken)
        value = carried + converted(rate, beyond)[0]
        for line, part, worth in zip(lines, parts, allocate(value, parts), strict=True):
            where = of_order._replace(country=line.country, line_id=line.id, sku_id=line.sku_id)
            back = converted(rate, -part)[1]
            entry.add(LAST_MILE, -worth, where, tag="reversal", original=back)
        ours = converted(rate, taken)[1]
        item = journal.owe(cost.held, cost.key, next(ids), value, None, original=ours)
        entry.add(cost.held, value, of_order, item_id=item, original=ours)
    journal.post()
    label.booked -= taken


def _cost_of(session: Session, label: Label, *, charged: bool) -> _Cost:
    order = session.get_one(Order, (label.company_id, label.order_id))
    own = label.currency != order.currency
    estimator = BOUGHT if charged and not own else BOUGHT_ELSEWHERE
    of_order = f"{order.platform}/{order.account}/{order.external_ref}/{LAST_MILE}"
    return _Cost(order, estimator, f"label/{label.id}" if own else of_order, own)


def _begin(
    session: Session, label: Label, cost: _Cost, key: str, kind: str
) -> tuple[EntryDraft, Journal, Rate | None]:
    company = company_of(session, label.company_id)
    today = clock.now().astimezone(ZoneInfo(company.timezone)).date()
    rate = _rate(session, label, company.currency, _bought_on(label, company.timezone))
    journal = Journal(session, label.company_id, company.currency)
    journal.know_items(cost.held, [cost.key], locked=True)
    entry = journal.entry(
        next(id_stream(session)),
        key,
        kind,
        open_day(today, closed_months(session, label.company_id)),
        happened_on=today,
        order_id=label.order_id,
        narration=f"Label {label.tracking or label.key} of order {cost.order.external_ref}",
    )
    entry.rate = rate.note if rate is not None else None
    return entry, journal, rate


def _bought_on(label: Label, timezone: str) -> date:
    """Return the day whose rate holds: what is taken back goes at the value at which it came."""
    return (label.bought_at or clock.now()).astimezone(ZoneInfo(timezone)).date()


def _rate(session: Session, label: Label, currency: str, day: date) -> Rate | None:
    if label.currency == currency:
        return None
    rates = rates_to(session, label.company_id, currency, {(label.currency, day)})
    return rates.require(label.currency, day)


def _lines(session: Session, label: Label) -> Sequence[Any]:
    query = (
        sa.select(OrderLine.id, OrderLine.sku_id, OrderLine.country, OrderLine.net_amount)
        .where(
            OrderLine.company_id == label.company_id,
            any_of(session, OrderLine.id, sorted(int(line) for line in label.lines)),
        )
        .order_by(OrderLine.id)
    )
    return rows_of(session, query)


def _estimate(
    row: Estimate | None, label: Label, line_id: int, amount: int, estimator: str, new: int
) -> Estimate:
    """Return a line's part, so that what is charged takes its place; a second label adds to it."""
    if row is None:
        return Estimate(
            company_id=label.company_id, id=new, order_id=label.order_id, line_id=line_id,
            account=LAST_MILE, estimated_amount=amount, open_amount=amount, actual_amount=0,
            estimator=estimator,
        )  # fmt: skip
    if not row.open_amount:
        row.estimator = estimator
    row.estimated_amount += amount
    row.open_amount += amount
    return row


def _give_back(row: Estimate | None, share: int) -> int:
    """Take a line's part back as far as it is still open, and return how much that is."""
    part = min(share, row.open_amount) if row is not None else 0
    if row is not None and part:
        row.open_amount -= part
        row.reversed_amount += part
    return part


def _kept(session: Session, label: Label, lines: Sequence[Any]) -> dict[int | None, Estimate]:
    """Return what is kept of the cost by line, locked."""
    query = sa.select(Estimate).where(
        Estimate.company_id == label.company_id,
        Estimate.order_id == label.order_id,
        any_of(session, Estimate.line_id, [line.id for line in lines]),
        Estimate.account == LAST_MILE,
    )
    return {row.line_id: row for row in session.scalars(query.with_for_update())}
