"""Orders whose profit is final: settled, paid out, the money found, the time for returns over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm import aliased

from core.db import any_of
from core.db import rows_of
from core.db import table_of
from core.fees.finality import PARTLY
from core.fees.finality import RECONCILED
from core.fees.finality import SETTLED
from core.fees.models import Estimate
from core.fees.models import Finality
from core.ledger.models import Account
from core.ledger.models import Item
from core.orders.models import Order
from core.settlements.models import Booking
from core.settlements.models import Statement
from core.settlements.models import StatementRow
from core.settlements.posting import BALANCE
from core.settlements.posting import IN_TRANSIT
from core.settlements.posting import RECEIVABLE
from core.settlements.posting import SUSPENSE

RETURN_WINDOW = timedelta(days=30)
"""So long after its settlement an order may come back without anybody wondering."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How many orders turned out to be settled, and how many are final now."""

    settled: int
    reconciled: int


def reconcile(session: Session, company_id: int, today: date) -> Reconciled:
    """Take orders on to settled, and to reconciled, that nothing keeps from it any more."""
    settled = _move(
        session,
        sa.update(table_of(Finality))
        .where(
            _mine(company_id, PARTLY),
            ~_owed(session, company_id, Order.id == Finality.id).exists(),
            ~_owed(session, company_id, Order.origin_id == Finality.id).exists(),
            ~_accrued().exists(),
        )
        .values(state=SETTLED, settled_on=today),
    )
    unpaid = _unpaid_statements(session, company_id)
    orders = _orders_in(session, company_id, unpaid)
    final = _move(
        session,
        sa.update(table_of(Finality))
        .where(
            _mine(company_id, SETTLED),
            Finality.settled_on <= today - RETURN_WINDOW,
            Finality.id.not_in(orders) if unpaid else sa.true(),
        )
        .values(state=RECONCILED),
    )
    return Reconciled(settled, final)


def _move(session: Session, update: sa.Update) -> int:
    return int(session.connection().execute(update).rowcount)


def _mine(company_id: int, state: int) -> sa.ColumnElement[bool]:
    return (Finality.company_id == company_id) & (Finality.state == state)


def _account(session: Session, company_id: int, code: str) -> int:
    query = sa.select(Account.id).where(Account.company_id == company_id, Account.code == code)
    return int(session.scalars(query).one())


def _owed(session: Session, company_id: int, which: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Return the query for what is owed for documents of an order, either way."""
    key = Order.platform + "/" + Order.account + "/" + Order.external_ref
    return (
        sa.select(Item.id)
        .join(Order, (Order.company_id == Item.company_id) & (Item.natural_key == key))
        .where(
            Order.company_id == Finality.company_id,
            which,
            Item.account_id == _account(session, company_id, RECEIVABLE),
            Item.open_amount != 0,
        )
        .correlate(Finality)
    )


def _accrued() -> sa.Select[Any]:
    return (
        sa.select(Estimate.id)
        .where(
            Estimate.company_id == Finality.company_id,
            Estimate.order_id == Finality.id,
            Estimate.open_amount != 0,
            Estimate.account.not_like("61%"),
        )
        .correlate(Finality)
    )


def _unpaid_statements(session: Session, company_id: int) -> list[int]:
    """Return the statements whose money was not found at the bank, or that are not all clear."""
    codes = (IN_TRANSIT, BALANCE, SUSPENSE)
    key = Statement.platform + "/" + Statement.account + "/" + Statement.external_ref
    item, account = aliased(Item), aliased(Account)
    open_item = (
        sa.select(item.id)
        .join(account, (account.company_id == item.company_id) & (account.id == item.account_id))
        .where(
            item.company_id == Statement.company_id,
            account.code.in_(codes),
            item.natural_key == key,
            item.open_amount != 0,
        )
    )
    query = sa.select(Statement.id).where(
        Statement.company_id == company_id,
        Statement.rejection == 0,
        (Statement.state != "booked") | open_item.exists(),
    )
    return [row[0] for row in rows_of(session, query)]


def _orders_in(session: Session, company_id: int, statement_ids: list[int]) -> sa.Select[Any]:
    return (
        sa.select(Booking.order_id)
        .join(
            StatementRow,
            (StatementRow.company_id == Booking.company_id) & (StatementRow.id == Booking.id),
        )
        .where(
            StatementRow.company_id == company_id,
            any_of(session, StatementRow.statement_id, statement_ids),
            Booking.order_id.is_not(None),
        )
    )
