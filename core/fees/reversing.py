"""Refunds before a settlement: what the platform gives back is not accrued any more."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import any_of
from core.db import rows_of
from core.db import table_of
from core.fees.estimators import Tables
from core.fees.models import Estimate
from core.fees.plans import PlanFacts
from core.fees.plans import schedules_offered
from core.fees.schedules import FeeSchedule
from core.ledger.journal import Dimensions
from core.ledger.journal import EntryDraft
from core.ledger.journal import Journal
from core.money import share_of
from core.orders.models import Order
from core.orders.models import OrderLine
from core.rates.rate import Rate
from core.rates.rate import converted
from core.rows import bulk_update

ACCRUED_FEES = "2150"
GIVEN_BACK = frozenset({"6000"})
"""What is given back with a refund where no table says it: commissions."""


class ReturnedLine(NamedTuple):
    """A line that undoes part of a sale; `refund` is what the buyer gets back, tax included."""

    entry: EntryDraft
    line_id: int
    shop_id: int
    original_line_id: int
    original_order_id: int
    refund: int
    units: int
    rate: Rate | None = None


def reverse(
    session: Session,
    company_id: int,
    journal: Journal,
    ids: Iterator[int],
    plans: dict[int, PlanFacts],
    lines: Sequence[ReturnedLine],
) -> list[tuple[object, ...]]:
    """Take back estimates of what is refunded; return the rows of what the platform keeps."""
    wanted = [line for line in lines if line.refund > 0]
    found = _estimates(session, company_id, wanted)
    if not found:
        return []
    tables = Tables(schedules_offered(session))
    schedules = [_schedule(tables, plans.get(line.shop_id), line) for line in wanted]
    fees = {each.refund.account for each in schedules if each is not None and each.refund}
    keys = {_key(each, account) for each in found for account in (each.account, *fees)}
    journal.know_items(ACCRUED_FEES, keys)
    kept: list[tuple[object, ...]] = []
    changed: dict[int, list[int]] = {each.id: [each.open_amount, 0] for each in found}
    for line, schedule in zip(wanted, schedules, strict=True):
        for each in found:
            if each.line_id == line.original_line_id:
                back = _take_back(journal, ids, line, each, schedule, changed[each.id])
                if back and schedule is not None:
                    kept += _keep(company_id, journal, ids, line, each, schedule, back)
    bulk_update(
        session,
        table_of(Estimate),
        ["company_id", "id", "open", "back"],
        [(company_id, key, *values) for key, values in sorted(changed.items()) if values[1]],
        assign="open_amount = {open}, reversed_amount = reversed_amount + {back}",
    )
    return kept


def _estimates(session: Session, company_id: int, lines: Sequence[ReturnedLine]) -> Sequence[Any]:
    if not lines:
        return ()
    query = (
        sa.select(
            Estimate.id,
            Estimate.line_id,
            Estimate.order_id,
            Estimate.account,
            Estimate.estimated_amount,
            Estimate.open_amount,
            OrderLine.sku_id,
            OrderLine.country,
            (OrderLine.net_amount + OrderLine.tax_amount).label("price"),
            Order.platform,
            Order.account.label("seller"),
            Order.external_ref,
        )
        .join(
            OrderLine,
            (OrderLine.company_id == Estimate.company_id) & (OrderLine.id == Estimate.line_id),
        )
        .join(Order, (Order.company_id == Estimate.company_id) & (Order.id == Estimate.order_id))
        .where(
            Estimate.company_id == company_id,
            any_of(session, Estimate.order_id, sorted({x.original_order_id for x in lines})),
            any_of(session, Estimate.line_id, sorted({x.original_line_id for x in lines})),
            Estimate.open_amount > 0,
        )
        .order_by(Estimate.id)
    )
    return rows_of(session, query)


def _schedule(tables: Tables, plan: PlanFacts | None, line: ReturnedLine) -> FeeSchedule | None:
    if plan is None:
        return None
    return tables.on(plan.platform, plan.market, line.entry.attributed_on or line.entry.booked_on)


def _take_back(
    journal: Journal,
    ids: Iterator[int],
    line: ReturnedLine,
    each: Any,
    schedule: FeeSchedule | None,
    left: list[int],
) -> int:
    """Book what is not accrued any more, and return it; `left` is what stays open, and went."""
    accounts = {fee.account for fee in schedule.fees if fee.refunded} if schedule else GIVEN_BACK
    if each.account not in accounts or each.price <= 0:
        return 0
    part = min(line.refund, each.price)
    back = min(share_of(each.estimated_amount, part, each.price), left[0])
    left[0], left[1] = left[0] - back, left[1] + back
    if back:
        order = Dimensions(line.shop_id, each.country, each.order_id)
        where = order._replace(line_id=each.line_id, sku_id=each.sku_id)
        key, rate = _key(each, each.account), line.rate
        # What was accrued goes at the value at which it stands, not at today's.
        carried, beyond = journal.carried(ACCRUED_FEES, key, back)
        value = carried + converted(rate, beyond)[0]
        ours, theirs = converted(rate, back)[1], converted(rate, -back)[1]
        item = journal.owe(ACCRUED_FEES, key, next(ids), value, None, original=ours)
        line.entry.add(ACCRUED_FEES, value, order, item_id=item, original=ours)
        line.entry.add(each.account, -value, where, tag="reversal", original=theirs)
    return back


def _keep(
    company_id: int,
    journal: Journal,
    ids: Iterator[int],
    line: ReturnedLine,
    each: Any,
    schedule: FeeSchedule,
    back: int,
) -> Iterator[tuple[object, ...]]:
    """Accrue what the platform keeps of a fee that it gives back."""
    fee = schedule.refund
    if fee is None or fee.of != each.account or not (amount := fee.cost(back, line.units)):
        return
    order = Dimensions(line.shop_id, each.country, each.order_id)
    where = order._replace(line_id=line.line_id, sku_id=each.sku_id)
    value, original = converted(line.rate, amount)
    accrued = converted(line.rate, -amount)[1]
    key = _key(each, fee.account)
    item = journal.owe(ACCRUED_FEES, key, next(ids), -value, None, original=accrued)
    line.entry.add(fee.account, value, where, tag="estimate", original=original)
    line.entry.add(ACCRUED_FEES, -value, order, item_id=item, original=accrued)
    yield (company_id, next(ids), each.order_id, line.line_id, fee.account) + (
        amount,
        amount,
        0,
        schedule.name,
    )


def _key(each: Any, account: str) -> str:
    return f"{each.platform}/{each.seller}/{each.external_ref}/{account}"
