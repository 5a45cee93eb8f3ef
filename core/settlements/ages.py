"""How old what platforms and payment providers owe is: open items of the clearing accounts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import any_of
from core.db import rows_of
from core.ledger.models import Account
from core.ledger.models import Entry
from core.ledger.models import Item
from core.orders.models import Order
from core.psp import posting as psp
from core.settlements.models import Statement
from core.settlements.posting import ACCRUED_FEES
from core.settlements.posting import BALANCE
from core.settlements.posting import IN_TRANSIT
from core.settlements.posting import RECEIVABLE
from core.settlements.posting import RESERVE
from core.settlements.posting import SUSPENSE

CLEARING = (
    *(IN_TRANSIT, RECEIVABLE, BALANCE, RESERVE, SUSPENSE, ACCRUED_FEES),
    *(psp.BALANCE, psp.HOLD),
)
LIMITS = (14, 30, 45, 90)
"""The last day of each age but the oldest; an order should be paid within 45."""


@dataclass(frozen=True, slots=True)
class Aged:
    """What is open of one platform account on one clearing account, by age.

    `amounts` has one for each of `LIMITS` and one for what is older, in the company's currency.
    """

    platform: str
    account: str
    ledger: str
    title: str
    count: int
    amounts: tuple[int, ...]

    @property
    def total(self) -> int:
        """Return all that is open."""
        return sum(self.amounts)


Place = tuple[str, str, str, str]
"""Platform, account there, clearing account and its title."""


def clearing_ages(session: Session, company_id: int, today: date) -> list[Aged]:
    """Return what is open by platform account, clearing account and age.

    What an order owes is as old as the order, what a settlement owes as the settlement; a reserve
    or a balance carried over as the last settlement of its account. What a payment provider paid
    out is as old as the payout; what it holds is of today.
    """
    found: defaultdict[Place, list[int]] = defaultdict(lambda: [0] * (len(LIMITS) + 2))
    for *place, age, count, amount in rows_of(session, _of_orders(company_id, today)):
        held = found[tuple(place)]
        held[0] += count
        held[1 + age] += amount
    last = _last_days(session, company_id)
    others = rows_of(session, _of_others(company_id))
    payouts = _payout_days(session, company_id, [name for name, *_ in others])
    for name, code, title, amount, since in others:
        platform, account = _whose(name)
        day = since or payouts.get(name) or last.get((platform, account), today)
        held = found[platform, account, code, title]
        held[0] += 1
        held[1 + sum((today - day).days > limit for limit in LIMITS)] += amount
    return [Aged(*place, held[0], tuple(held[1:])) for place, held in sorted(found.items())]


def _whose(name: str) -> tuple[str, str]:
    """Return whose an item is that concerns no order: a platform's account, or a provider's."""
    first, second = (*name.split("/"), "", "")[:2]
    return (second, "") if name.startswith(psp.ITEMS) else (first, second)


def _of_orders(company_id: int, today: date) -> sa.Select[*tuple[Any, ...]]:
    """Return the query for what orders owe, added up by age: there are many of them."""
    age = sa.case(
        *[
            (Order.ordered_on >= today - timedelta(days=limit), number)
            for number, limit in enumerate(LIMITS)
        ],
        else_=len(LIMITS),
    )
    named = (Order.platform, Order.account, Account.code, Account.title, age)
    amount = sa.cast(sa.func.sum(Item.open_functional), sa.BigInteger)
    return (
        sa.select(*named, sa.func.count(), amount)
        .join(Account, (Account.company_id == Item.company_id) & (Account.id == Item.account_id))
        .join(Order, (Order.company_id == Item.company_id) & (Order.id == Item.order_id))
        .where(_is_open(company_id))
        .group_by(*named)
    )


def _of_others(company_id: int) -> sa.Select[*tuple[Any, ...]]:
    """Return the query for what no order owes, each with the day of its settlement."""
    key = Statement.platform + "/" + Statement.account + "/" + Statement.external_ref
    counts = (Statement.company_id == Item.company_id) & (Statement.rejection == 0)
    return (
        sa.select(
            Item.natural_key,
            Account.code,
            Account.title,
            Item.open_functional,
            Statement.matched_on,
        )
        .join(Account, (Account.company_id == Item.company_id) & (Account.id == Item.account_id))
        .outerjoin(Statement, counts & (key == Item.natural_key))
        .where(_is_open(company_id), Item.order_id.is_(None))
    )


def _is_open(company_id: int) -> sa.ColumnElement[bool]:
    return (
        (Item.company_id == company_id)
        & Account.code.in_(CLEARING)
        & ((Item.open_amount != 0) | (Item.open_functional != 0))
    )


def _payout_days(session: Session, company_id: int, names: list[str]) -> dict[str, date]:
    """Return when payment providers paid out what some items are, by the items' keys."""
    cut = len(psp.ITEMS)
    entries = {psp.ENTRIES + name[cut:]: name for name in names if name.startswith(psp.ITEMS)}
    if not entries:
        return {}
    query = sa.select(
        Entry.natural_key, sa.func.coalesce(Entry.attributed_on, Entry.booked_on)
    ).where(Entry.company_id == company_id, any_of(session, Entry.natural_key, sorted(entries)))
    return {entries[key]: day for key, day in rows_of(session, query)}


def _last_days(session: Session, company_id: int) -> dict[tuple[str, str], date]:
    query = (
        sa.select(
            Statement.platform,
            Statement.account,
            sa.func.max(Statement.matched_on, type_=Statement.matched_on.type),
        )
        .where(Statement.company_id == company_id, Statement.rejection == 0)
        .group_by(Statement.platform, Statement.account)
    )
    return {(row[0], row[1]): row[2] for row in rows_of(session, query)}
