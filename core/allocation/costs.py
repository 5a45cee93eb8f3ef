"""What there is to share: income and expenses of the books that name no order, by pool."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from typing import Any
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.allocation.rules import Rule
from core.channels.models import Shop
from core.db import rows_of
from core.ledger.models import Account
from core.ledger.models import Item
from core.ledger.models import Posting
from core.months import month_text
from core.settlements.models import Statement
from core.settlements.models import statement_key
from core.settlements.posting import BALANCE
from core.settlements.posting import IN_TRANSIT


class Where(NamedTuple):
    """Whose orders and goods may bear a pool; empty is no limit."""

    shops: frozenset[int] | None = None
    country: str | None = None
    statement_id: int | None = None


class PoolKey(NamedTuple):
    """What tells a pool: the account, and what its postings name."""

    account: str
    shop_id: int | None
    country: str | None
    sku_id: int | None
    settlement: str


@dataclass(slots=True)
class Cost:
    """What one pool comes to by month, under which rule it falls, and where it may go."""

    key: PoolKey
    account_id: int
    rule: Rule | None
    where: Where
    by_month: dict[date, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def amount(self) -> int:
        """Return the whole."""
        return sum(self.by_month.values())


def costs_of(
    session: Session, company_id: int, first: date, last: date, rules: Sequence[Rule]
) -> list[Cost]:
    """Return the pools of the postings from one day to another that name no order.

    Costs and income of the profit lines only: what stands in the balance sheet, such as reserves,
    loans and transfers, is never shared.
    """
    shops = _Shops(session, company_id)
    found: dict[PoolKey, Cost] = {}
    for row in _rows(session, company_id, first, last):
        account_id, code, month, shop_id, country, sku_id, settlement, amount = row
        facts = shops.facts(shop_id, settlement, country)
        rule = next((each for each in rules if each.holds_for(code, facts)), None)
        tied = settlement if rule is not None and rule.scope == "settlement" else ""
        key = PoolKey(code, shop_id, country, sku_id, tied or "")
        cost = found.get(key)
        if cost is None:
            where = shops.where(rule, shop_id, country, settlement)
            cost = found[key] = Cost(key, account_id, rule, where)
        cost.by_month[date.fromisoformat(f"{month}-01")] += amount
    ordered = sorted(found, key=lambda k: (k.account, *(str(part or "") for part in k[1:])))
    return [found[key] for key in ordered]


def _rows(session: Session, company_id: int, first: date, last: date) -> Sequence[Any]:
    span = (
        Posting.company_id == company_id,
        Posting.booked_on >= first,
        Posting.booked_on <= last,
    )
    # The settlement of an entry is the open item of a statement that it moves.
    moved = (
        sa.select(Posting.entry_id, sa.func.min(Item.natural_key).label("settlement"))
        .join(Item, (Item.company_id == Posting.company_id) & (Item.id == Posting.item_id))
        .join(Account, (Account.company_id == Item.company_id) & (Account.id == Item.account_id))
        .where(*span, Account.code.in_((BALANCE, IN_TRANSIT)))
        .group_by(Posting.entry_id)
        .subquery()
    )
    month = month_text(Posting.booked_on)
    of = (Posting.shop_id, Posting.country, Posting.sku_id, moved.c.settlement)
    total = sa.cast(sa.func.sum(Posting.amount), sa.BigInteger)
    query = (
        sa.select(Account.id, Account.code, month, *of, total)
        .join(
            Account, (Account.company_id == Posting.company_id) & (Account.id == Posting.account_id)
        )
        .outerjoin(moved, moved.c.entry_id == Posting.entry_id)
        .where(*span, Posting.order_id.is_(None), Account.profit_line.is_not(None))
        .group_by(Account.id, Account.code, month, *of)
    )
    return rows_of(session, query)


class _Shops:
    """Which shops an account has, and which account a settlement is of."""

    def __init__(self, session: Session, company_id: int) -> None:
        query = sa.select(Shop).where(Shop.company_id == company_id)
        self._shops = {shop.id: shop for shop in session.scalars(query)}
        self._statements: dict[str, Any] = {}
        columns = (
            Statement.id,
            Statement.platform,
            Statement.account,
            Statement.external_ref,
            Statement.order_platform,
            Statement.order_account,
        )
        told = sa.select(*columns).where(
            Statement.company_id == company_id, Statement.rejection == 0
        )
        for row in rows_of(session, told):
            self._statements[statement_key(row)] = row

    def facts(
        self, shop_id: int | None, settlement: str | None, country: str | None
    ) -> Mapping[str, str | None]:
        """Return what a rule's `where` may ask for."""
        shop = self._shops.get(shop_id or 0)
        statement = self._statements.get(settlement or "")
        platform = shop.platform if shop else statement.order_platform if statement else None
        return {"platform": platform, "country": country, "shop": shop.name if shop else None}

    def where(
        self, rule: Rule | None, shop_id: int | None, country: str | None, settlement: str | None
    ) -> Where:
        """Return whose orders may bear a cost by the scope of its rule."""
        if rule is None or rule.scope == "company":
            return Where(country=country)
        statement = self._statements.get(settlement or "")
        if rule.scope == "settlement" and statement is not None:
            return Where(country=country, statement_id=statement.id)
        if shop_id is not None:
            return Where(frozenset([shop_id]), country)
        if statement is None:
            return Where(country=country)
        return Where(self._of_account(statement.order_platform, statement.order_account), country)

    def _of_account(self, platform: str, account: str) -> frozenset[int] | None:
        shops: Iterable[Shop] = self._shops.values()
        found = {s.id for s in shops if (s.platform, s.account) == (platform, account)}
        return frozenset(found) or None
