"""What platforms owe, by how far it is: held back, to be settled, in a reserve, on its way."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import rows_of
from core.ledger.models import Account
from core.ledger.models import Item
from core.orders.models import Order
from core.settlements.models import HELD
from core.settlements.models import RELEASED
from core.settlements.models import Held
from core.settlements.posting import BALANCE
from core.settlements.posting import IN_TRANSIT
from core.settlements.posting import RECEIVABLE
from core.settlements.posting import RESERVE

UNSETTLED = "unsettled"
STATES = {BALANCE: "balance", RESERVE: "reserve", IN_TRANSIT: "in_transit"}
ORDER = (HELD, RELEASED, UNSETTLED, *STATES.values())


@dataclass(frozen=True, slots=True)
class Receivable:
    """What is owed in one state; `amount` in the company's currency, as the books carry it."""

    platform: str
    account: str
    state: str
    count: int
    amount: int


@dataclass(frozen=True, slots=True)
class HeldSum:
    """What an account holds back in one currency, as the platform tells it, fees taken off."""

    platform: str
    account: str
    currency: str
    state: str
    count: int
    amount: int
    releases_at: datetime | None


def receivables(session: Session, company_id: int) -> list[Receivable]:
    """Return what platforms owe, by account and state; all of it is what the books carry.

    An order whose money is held back in part counts as held.
    """
    sums: defaultdict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for platform, account, state, count, amount in rows_of(session, _of_orders(company_id)):
        held = sums[platform, account, state]
        held[0] += count
        held[1] += amount
    for key, code, amount in rows_of(session, _of_others(company_id)):
        platform, account = (*key.split("/"), "", "")[:2]
        held = sums[platform, account, STATES.get(code, UNSETTLED)]
        held[0] += 1
        held[1] += amount
    return [
        Receivable(*where, *sums[where])
        for where in sorted(sums, key=lambda each: (*each[:2], ORDER.index(each[2])))
    ]


def _of_orders(company_id: int) -> sa.Select[*tuple[Any, ...]]:
    """Return the query for what is owed for orders, added up: there are many of them."""
    pending = (
        sa.select(
            Held.order_platform,
            Held.order_account,
            Held.order_ref,
            # An order counts as held while any of its events is: `held` comes before `released`.
            sa.func.min(Held.state).label("state"),
        )
        .where(Held.company_id == company_id, Held.state.in_((HELD, RELEASED)))
        .group_by(Held.order_platform, Held.order_account, Held.order_ref)
        .subquery()
    )
    state = sa.func.coalesce(pending.c.state, UNSETTLED)
    return (
        sa.select(
            Order.platform,
            Order.account,
            state,
            sa.func.count(),
            sa.cast(sa.func.sum(Item.open_functional), sa.BigInteger),
        )
        .join(Account, (Account.company_id == Item.company_id) & (Account.id == Item.account_id))
        .join(Order, (Order.company_id == Item.company_id) & (Order.id == Item.order_id))
        .outerjoin(
            pending,
            (pending.c.order_platform == Order.platform)
            & (pending.c.order_account == Order.account)
            & (pending.c.order_ref == Order.external_ref),
        )
        .where(_is_open(company_id), Account.code == RECEIVABLE)
        .group_by(Order.platform, Order.account, state)
    )


def _of_others(company_id: int) -> sa.Select[*tuple[Any, ...]]:
    """Return the query for what settlements owe, and for what nothing names an order of."""
    of_order = (Account.code == RECEIVABLE) & Item.order_id.is_not(None)
    return (
        sa.select(Item.natural_key, Account.code, Item.open_functional)
        .join(Account, (Account.company_id == Item.company_id) & (Account.id == Item.account_id))
        .where(_is_open(company_id), Account.code.in_((RECEIVABLE, *STATES)), ~of_order)
    )


def _is_open(company_id: int) -> sa.ColumnElement[bool]:
    is_open = (Item.open_amount != 0) | (Item.open_functional != 0)
    return (Item.company_id == company_id) & is_open


def held_sums(session: Session, company_id: int) -> list[HeldSum]:
    """Return what platforms say that they hold back, and what they released and did not settle."""
    query = (
        sa.select(
            Held.platform,
            Held.account,
            Held.currency,
            Held.state,
            sa.func.count(),
            sa.cast(sa.func.sum(Held.amount), sa.BigInteger),
            sa.func.min(Held.releases_at, type_=Held.releases_at.type),
        )
        .where(Held.company_id == company_id, Held.state.in_((HELD, RELEASED)))
        .group_by(Held.platform, Held.account, Held.currency, Held.state)
        .order_by(Held.platform, Held.account, Held.currency, Held.state)
    )
    return [HeldSum(*row) for row in rows_of(session, query)]
