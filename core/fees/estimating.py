"""Estimates: what a fee will cost is booked when the goods leave, and stays on record for good."""

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
from core.db import bulk_insert
from core.db import id_stream
from core.db import rows_of
from core.db import table_of
from core.errors import InputError
from core.fees.models import Estimate
from core.kernel.models import Company
from core.ledger.journal import Dimensions
from core.ledger.journal import Journal
from core.ledger.periods import closed_months
from core.ledger.periods import open_day
from core.orders.models import Order
from core.orders.models import OrderLine

ACCRUED_FEES = "2150"


@dataclass(frozen=True, slots=True)
class FeeEstimate:
    """What a fee of an order line will cost, in the company's currency; a cost is positive."""

    line_id: int
    account: str
    amount: int
    booked_on: date


def book_estimates(
    session: Session, company_id: int, estimates: Iterable[FeeEstimate], estimator: str
) -> int:
    """Rule 4: accrue fees of lines that left; one that has its estimate already is left alone.

    `estimator` names the version that made them. Returns how many were booked.
    Raises: InputError for an estimate that is no cost.
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
    bulk_insert(
        session,
        table_of(Estimate),
        _COLUMNS,
        [
            (company_id, next(ids), lines[each.line_id].order_id, each.line_id, each.account)
            + (each.amount, each.amount, 0, estimator)
            for each in fresh.values()
        ],
    )
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
    company = session.execute(sa.select(Company).where(Company.id == company_id)).scalar_one()
    journal, ids = Journal(session, company_id, company.currency), id_stream(session)
    closed = closed_months(session, company_id)
    orders: defaultdict[tuple[int, date], list[FeeEstimate]] = defaultdict(list)
    for each in estimates:
        orders[lines[each.line_id].order_id, each.booked_on].append(each)
    journal.know_items(
        ACCRUED_FEES, {f"{_key(lines[each.line_id])}/{each.account}" for each in estimates}
    )
    for (order_id, day), found in orders.items():
        first = lines[found[0].line_id]
        part = f"{found[0].line_id}/{found[0].account}"
        entry = journal.entry(
            next(ids),
            f"fee_estimate:{_key(first)}/{part}",
            "fee_estimate",
            open_day(day, closed),
            happened_on=day,
            order_id=order_id,
            narration=f"Estimated fees of {first.external_ref}",
        )
        for each in found:
            line = lines[each.line_id]
            where = Dimensions(line.shop_id, line.country, order_id, line.id, line.sku_id)
            item = journal.owe(
                ACCRUED_FEES, f"{_key(line)}/{each.account}", next(ids), -each.amount, None
            )
            entry.add(each.account, each.amount, where, tag="estimate")
            order = Dimensions(line.shop_id, line.country, order_id)
            entry.add(ACCRUED_FEES, -each.amount, order, item_id=item)
    journal.post()


def _key(line: Any) -> str:
    return f"{line.platform}/{line.account}/{line.external_ref}"


_COLUMNS = (
    "company_id id order_id line_id account estimated_amount open_amount actual_amount estimator"
).split()
