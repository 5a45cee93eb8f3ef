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
from core.fees.models import Finality
from core.ledger.accounts import accounts_of
from core.ledger.models import Account
from core.ledger.models import Item
from core.prepared import ask_together
from core.rows import bulk_update
from core.settlements.looking import ACCRUED
from core.settlements.looking import OWED
from core.settlements.looking import OWN_KEYS
from core.settlements.looking import PARTLY_SETTLED
from core.settlements.looking import PARTS
from core.settlements.models import Booking
from core.settlements.models import Statement
from core.settlements.posting import BALANCE
from core.settlements.posting import IN_TRANSIT
from core.settlements.posting import RECEIVABLE
from core.settlements.posting import SUSPENSE

ORDERS = 2000
"""So many orders are looked at together."""

RETURN_WINDOW = timedelta(days=30)
"""So long after its settlement an order may come back without anybody wondering."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How many orders turned out to be settled, and how many are final now."""

    settled: int
    reconciled: int


def reconcile(session: Session, company_id: int, today: date) -> Reconciled:
    """Take orders on to settled, and to reconciled, that nothing keeps from it any more."""
    settled = _settle_partly(session, company_id, today)
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


def _settle_partly(session: Session, company_id: int, today: date) -> int:
    """Let partly settled orders be settled that owe nothing and have no fee to come, by sets.

    What is owed for an order, and for each document that came of it, is known by its key.
    """
    settled, behind = 0, 0
    account = accounts_of(session, company_id)[RECEIVABLE].id
    while True:
        found = PARTLY_SETTLED.rows(session, company=company_id, behind=behind, count=ORDERS)
        if not found:
            return settled
        orders = [row.id for row in found]
        behind, waiting = orders[-1], _waiting(session, company_id, account, orders)
        settled += bulk_update(
            session,
            table_of(Finality),
            ["company_id", "id", "state", "settled_on"],
            [(company_id, key, SETTLED, today.isoformat()) for key in orders if key not in waiting],
            assign="state = {state}, settled_on = {settled_on}",
            guard=f"AND state = {PARTLY}",
            counted=True,
        )


def _waiting(session: Session, company_id: int, account: int, orders: list[int]) -> set[int]:
    """Return which of some orders are owed for, either way, or have a fee to come."""
    whose = {"company": company_id, "orders": orders}
    own, parts, accrued = ask_together(
        session, [(OWN_KEYS, whose), (PARTS, whose), (ACCRUED, whose)]
    )
    keys = {
        f"{row.platform}/{row.account}/{row.external_ref}": row.origin_id for row in (*own, *parts)
    }
    owed = OWED.rows(session, company=company_id, account=account, keys=list(keys))
    return {keys[row.natural_key] for row in owed} | {row.order_id for row in accrued}


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
    return sa.select(Booking.order_id).where(
        Booking.company_id == company_id,
        any_of(session, Booking.statement_id, statement_ids),
        Booking.order_id.is_not(None),
    )
