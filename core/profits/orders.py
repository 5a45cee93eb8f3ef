"""What each order earned, page by page: the orders' own list, with the sums of their changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from datetime import date
from datetime import datetime
from datetime import time
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.channels.models import Shop
from core.db import any_of
from core.ledger.models import Profit
from core.ledger.settledness import NAMES
from core.ledger.settledness import settledness
from core.ledger.summing import Narrow
from core.ledger.summing import sum_profit
from core.ledger.waterfall import PROFIT_LINES
from core.ledger.waterfall import subtotals
from core.orders.models import Order
from core.paging import PAGE_SIZE
from core.paging import Cursor
from core.paging import Page
from core.paging import fetch_page
from core.profits.shared import moves_by

FEW = 20_000
"""Up to so many orders of a state are looked up by themselves; they seldom are the latest."""

SETTLED = NAMES.index("settled")

# A shop's day may begin fourteen hours before the day in UTC, or end twelve after it.
_NEAR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OrdersAsked:
    """Which orders: by the day of the order in its shop, shop, platform, country, state, number."""

    start: date | None = None
    end: date | None = None
    shop_id: int | None = None
    platform: str = ""
    country: str = ""
    state: int | None = None
    ref: str = ""


@dataclass(frozen=True, slots=True)
class OrderProfit:
    """What an order earned in all, whenever it was booked; `moved` is what it bears of costs.

    These were booked without an order and came by sharing them out; the lines do not hold them.
    """

    id: int
    ref: str
    ordered_on: date
    country: str
    shop: str
    currency: str
    state: str
    lines: dict[str, int]
    moved: Mapping[str, int]

    @property
    def steps(self) -> dict[str, int]:
        """Return what is left after each step of the waterfall."""
        return subtotals(self.lines)

    @property
    def profit(self) -> int:
        """Return what is left in the end."""
        return sum(self.lines.values())

    @property
    def allocated(self) -> int:
        """Return what it bears of costs without an order; they are negative."""
        return sum(self.moved.values())

    @property
    def after(self) -> int:
        """Return what is left after costs without an order are shared out."""
        return self.profit + self.allocated


def list_order_profits(
    session: Session,
    company_id: int,
    asked: OrdersAsked,
    cursor: Cursor | None,
    *,
    limit: int = PAGE_SIZE,
) -> Page[OrderProfit]:
    """Return a page of orders of which something was booked, the latest first."""
    query = sa.select(
        Order.ordered_at,
        Order.id,
        Order.external_ref,
        Order.ordered_on,
        Order.country,
        Order.currency,
        Order.shop_id,
    ).where(
        Order.company_id == company_id,
        *_conditions(asked),
        *_in_state(session, company_id, asked.state),
        _booked(),
    )
    shops = _shops(session, company_id, asked)
    if shops is not None and not shops:
        return Page([])
    key = (Order.ordered_at, Order.id)
    among = [Order.shop_id == shop_id for shop_id in shops or ()]
    page = fetch_page(session, query, key, cursor, descending=True, limit=limit, among=among)
    return Page(_with_profit(session, company_id, page.rows), page.next, page.previous)


def get_order_profit(session: Session, company_id: int, order_id: int) -> OrderProfit | None:
    """Return what one order earned; None if there is no such order."""
    query = sa.select(
        Order.id,
        Order.external_ref,
        Order.ordered_on,
        Order.country,
        Order.currency,
        Order.shop_id,
    ).where(Order.company_id == company_id, Order.id == order_id)
    found = _with_profit(session, company_id, session.execute(query).all())
    return found[0] if found else None


def _with_profit(session: Session, company_id: int, rows: Any) -> list[OrderProfit]:
    if not rows:
        return []
    narrow = Narrow(order_ids=tuple(row.id for row in rows))
    sums = sum_profit(session, company_id, "order_id", narrow=narrow)
    states = settledness(session, company_id, "order_id", sums, None, None, narrow)
    lines = {each.key: each.lines for each in sums}
    moved = moves_by(session, company_id, "order_id", order_ids=narrow.order_ids)
    # Not joined: SQLite would go through the orders shop by shop, and sort them all.
    shops = {shop.id: shop.name for shop in shops_of(session, company_id)}
    return [
        OrderProfit(
            row.id,
            row.external_ref,
            row.ordered_on,
            row.country,
            shops[row.shop_id],
            row.currency,
            states[row.id].name if row.id in states else "",
            lines.get(row.id) or dict.fromkeys(PROFIT_LINES, 0),
            moved.get(row.id, {}),
        )
        for row in rows
    ]


def _shops(session: Session, company_id: int, asked: OrdersAsked) -> list[int] | None:
    """Return the shops of the platform that is asked for: orders have an index by shop."""
    if not asked.platform:
        return None
    shops = shops_of(session, company_id)
    return [
        shop.id
        for shop in shops
        if shop.platform == asked.platform and asked.shop_id in (None, shop.id)
    ]


def _booked() -> Any:
    """Return the condition that something of an order was booked."""
    return (
        sa.select(sa.literal(1))
        .where(Profit.company_id == Order.company_id, Profit.order_id == Order.id)
        .exists()
    )


def _conditions(asked: OrdersAsked) -> list[Any]:
    found: list[Any] = []
    if asked.start is not None:
        # The moment leads the indexes, the day is what is meant.
        after = datetime.combine(asked.start, time(), UTC) - _NEAR
        found += [Order.ordered_at >= after, Order.ordered_on >= asked.start]
    if asked.end is not None:
        before = datetime.combine(asked.end, time(), UTC) + 2 * _NEAR
        found += [Order.ordered_at < before, Order.ordered_on <= asked.end]
    for column, value in (
        (Order.shop_id, asked.shop_id),
        (Order.country, asked.country),
        (Order.external_ref, asked.ref),
    ):
        if value:
            found.append(column == value)
    return found


def _in_state(session: Session, company_id: int, state: int | None) -> list[Any]:
    """Return the condition that orders are in a state; of few ones by their ids."""
    if state is None:
        return []
    finality = sa.table("fees_finality", *map(sa.column, ("company_id", "id", "state")))
    of_state = [finality.c.company_id == company_id, finality.c.state == state]
    if state <= SETTLED:
        # Spelled out: a partial index is found by its own words only.
        partial = sa.text("state = 2" if state == SETTLED else f"state < 2 AND state = {state:d}")
        query = sa.select(finality.c.id).where(of_state[0], partial).limit(FEW + 1)
        ids = session.scalars(query).all()
        if len(ids) <= FEW:
            return [any_of(session, Order.id, ids)]
    return [sa.select(sa.literal(1)).where(*of_state, finality.c.id == Order.id).exists()]


def shops_of(session: Session, company_id: int) -> list[Any]:
    """Return the shops of a company by name."""
    query = sa.select(Shop.id, Shop.name, Shop.platform).where(Shop.company_id == company_id)
    return list(session.execute(query.order_by(Shop.name, Shop.id)))


def countries_of(session: Session, company_id: int) -> list[str]:
    """Return the countries in which something was earned, from the sums and the fresh changes."""
    query = sa.text(
        "SELECT country FROM ledger_profit_sum WHERE company_id = :c AND cut = 'place.month'"
        " UNION SELECT p.country FROM ledger_profit_fresh f CROSS JOIN ledger_profit p"
        " WHERE f.company_id = :c AND p.company_id = :c AND p.id BETWEEN f.first_id AND f.last_id"
    )
    return sorted(found for found in session.scalars(query, {"c": company_id}) if found)
