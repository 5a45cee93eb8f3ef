"""Estimates of fees for orders that left before their shop had a plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import any_of
from core.db import rows_of
from core.db import table_of
from core.errors import InputError
from core.fees.estimating import ESTIMATE_COLUMNS
from core.fees.estimating import ParcelLine
from core.fees.estimating import SentParcel
from core.fees.estimating import accrual_of
from core.fees.estimating import facts_of_parcels
from core.fees.estimators import prepare
from core.fees.finality import ESTIMATED
from core.fees.models import Estimate
from core.fees.models import Finality
from core.fees.plans import plans_of
from core.ids import id_stream
from core.kernel.companies import company_of
from core.ledger.journal import Dimensions
from core.ledger.journal import EntryDraft
from core.ledger.journal import Journal
from core.ledger.periods import closed_months
from core.ledger.periods import open_day
from core.orders.models import Order
from core.orders.models import OrderLine
from core.rates.finding import rates_to
from core.rates.rate import converted
from core.rows import bulk_insert

BATCH = 500


@dataclass(frozen=True, slots=True)
class FeeEstimate:
    """What a fee of an order line will cost, in the order's currency; a cost is positive."""

    line_id: int
    account: str
    amount: int
    booked_on: date
    estimator: str


@dataclass(frozen=True, slots=True)
class Backfilled:
    """How many orders were looked at and estimates booked, and where the next batch begins."""

    looked_at: int
    booked: int
    last_id: int


def estimate_missing(session: Session, company_id: int, *, after: int = 0) -> Backfilled:
    """Estimate fees of the next orders that nothing was settled of and nothing estimated for.

    A batch that looked at nothing was the last; each fee is booked as of the day the goods left.
    """
    plans = plans_of(session, company_id)
    parcels = _parcels(session, company_id, sorted(plans), after)
    if not parcels:
        return Backfilled(0, 0, after)
    facts = facts_of_parcels(session, company_id, plans, parcels, ())
    every = [each for found in facts for each in found]
    estimators = prepare(session, company_id, plans, every)
    estimates = [
        FeeEstimate(line.line_id, cost.account, cost.amount, line.day, cost.estimator)
        for line in every
        for cost in estimators.costs(line)
    ]
    booked = book_estimates(session, company_id, estimates)
    return Backfilled(len(parcels), booked, parcels[-1].order_id)


def _parcels(
    session: Session, company_id: int, shop_ids: Sequence[int], after: int
) -> list[SentParcel]:
    """Return the next orders as if each had left in one parcel."""
    done = sa.select(Estimate.id).where(
        Estimate.company_id == Order.company_id, Estimate.order_id == Order.id
    )
    query = (
        sa.select(
            Order.id,
            Order.shop_id,
            Order.country,
            Order.currency,
            Order.ordered_on,
            Order.platform,
            Order.account,
            Order.external_ref,
        )
        .join(Finality, (Finality.company_id == Order.company_id) & (Finality.id == Order.id))
        .where(
            Order.company_id == company_id,
            Order.id > after,
            Order.kind == "sale",
            any_of(session, Order.shop_id, shop_ids),
            Finality.state == ESTIMATED,
            ~done.exists(),
        )
        .order_by(Order.id)
        .limit(BATCH)
    )
    orders = rows_of(session, query) if shop_ids else ()
    lines = _lines_of(session, company_id, [order.id for order in orders])
    return [
        SentParcel(
            EntryDraft(0, "", "", order.ordered_on, order.id, None, ""),
            f"{order.platform}/{order.account}/{order.external_ref}",
            order.id,
            order.id,
            order.shop_id,
            order.country,
            order.currency,
            max((line.occurred_on for line in lines[order.id]), default=order.ordered_on),
            [ParcelLine(*line[:8]) for line in lines[order.id]],
        )
        for order in orders
    ]


def _lines_of(
    session: Session, company_id: int, order_ids: Sequence[int]
) -> defaultdict[int, list[Any]]:
    query = (
        sa.select(
            OrderLine.id,
            OrderLine.kind,
            OrderLine.account,
            OrderLine.sku_id,
            OrderLine.country,
            OrderLine.quantity,
            OrderLine.net_amount,
            OrderLine.tax_amount,
            OrderLine.occurred_on,
            OrderLine.order_id,
        )
        .where(
            OrderLine.company_id == company_id,
            any_of(session, OrderLine.order_id, order_ids),
            OrderLine.document_id.is_not(None),
        )
        .order_by(OrderLine.id)
    )
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for row in rows_of(session, query):
        found[row.order_id].append(row)
    return found


def book_estimates(session: Session, company_id: int, estimates: Iterable[FeeEstimate]) -> int:
    """Accrue fees of lines that left; one that has its estimate already is left alone.

    Returns how many were booked. Raises: InputError for an estimate that is no cost.
    """
    wanted = list(estimates)
    if wrong := next((each for each in wanted if each.amount <= 0), None):
        raise InputError(f"{wrong.amount} is no cost that could be estimated.", where=wrong.account)
    lines = _lines(session, company_id, sorted({each.line_id for each in wanted}))
    known = _known(session, company_id, list(lines))
    fresh = {
        (each.line_id, each.account): each
        for each in wanted
        if (each.line_id, each.account) not in known
    }
    if not fresh:
        return 0
    _post(session, company_id, list(fresh.values()), lines)
    ids = id_stream(session)
    rows = [
        (company_id, next(ids), lines[each.line_id].order_id, each.line_id, each.account)
        + (each.amount, each.amount, 0, each.estimator)
        for each in fresh.values()
    ]
    bulk_insert(session, table_of(Estimate), ESTIMATE_COLUMNS, rows)
    return len(fresh)


def _lines(session: Session, company_id: int, line_ids: Sequence[int]) -> dict[int, Any]:
    query = (
        sa.select(
            OrderLine.id,
            OrderLine.order_id,
            OrderLine.sku_id,
            OrderLine.country,
            Order.shop_id,
            Order.platform,
            Order.account,
            Order.external_ref,
            Order.currency,
        )
        .join(Order, (Order.company_id == OrderLine.company_id) & (Order.id == OrderLine.order_id))
        .where(OrderLine.company_id == company_id, any_of(session, OrderLine.id, line_ids))
    )
    found = {row.id: row for row in rows_of(session, query)}
    if missing := [line_id for line_id in line_ids if line_id not in found]:
        raise InputError(f"There is no order line {missing[0]}.", where="line")
    return found


def _known(session: Session, company_id: int, line_ids: Sequence[int]) -> set[tuple[int, str]]:
    query = sa.select(Estimate.line_id, Estimate.account).where(
        Estimate.company_id == company_id, any_of(session, Estimate.line_id, line_ids)
    )
    return {(line_id, account) for line_id, account in rows_of(session, query)}


def _post(
    session: Session, company_id: int, estimates: Sequence[FeeEstimate], lines: dict[int, Any]
) -> None:
    currency = company_of(session, company_id).currency
    journal = Journal(session, company_id, currency)
    days = {(lines[each.line_id].currency, each.booked_on) for each in estimates}
    rates = rates_to(session, company_id, currency, days)
    ids, closed = id_stream(session), closed_months(session, company_id)
    orders: defaultdict[tuple[int, date], list[FeeEstimate]] = defaultdict(list)
    keys: defaultdict[str, set[str]] = defaultdict(set)
    for each in estimates:
        orders[lines[each.line_id].order_id, each.booked_on].append(each)
        keys[accrual_of(each.account)].add(f"{_key(lines[each.line_id])}/{each.account}")
    for account, wanted in sorted(keys.items()):
        journal.know_items(account, wanted)
    for (order_id, day), found in orders.items():
        first = lines[found[0].line_id]
        entry = journal.entry(
            next(ids),
            f"fee_estimate:{_key(first)}/{found[0].line_id}/{found[0].account}",
            "fee_estimate",
            open_day(day, closed),
            happened_on=day,
            order_id=order_id,
            narration=f"Estimated fees of {first.external_ref}",
        )
        for each in found:
            line, held = lines[each.line_id], accrual_of(each.account)
            where = Dimensions(line.shop_id, line.country, order_id, line.id, line.sku_id)
            rate = rates.require(line.currency, each.booked_on)
            entry.rate = rate.note
            value, original = converted(rate, each.amount)
            accrued = converted(rate, -each.amount)[1]
            key, of_order = (
                f"{_key(line)}/{each.account}",
                where._replace(line_id=None, sku_id=None),
            )
            item = journal.owe(held, key, next(ids), -value, None, original=accrued)
            entry.add(each.account, value, where, tag="estimate", original=original)
            entry.add(held, -value, of_order, item_id=item, original=accrued)
    journal.post()


def _key(line: Any) -> str:
    return f"{line.platform}/{line.account}/{line.external_ref}"
