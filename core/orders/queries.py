"""What the order pages read; every query names its company."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import fields
from dataclasses import replace
from datetime import UTC
from datetime import date
from datetime import datetime
from datetime import time
from datetime import timedelta
from typing import Any
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import Sku
from core.channels.models import Shop
from core.db import any_of
from core.errors import Conflict
from core.errors import NotFound
from core.ledger.models import Profit
from core.ledger.waterfall import PROFIT_LINES
from core.orders.exceptions import KINDS
from core.orders.models import Order
from core.orders.models import OrderEvent
from core.orders.models import OrderException
from core.orders.models import OrderLine
from core.orders.tallying import NO_EXCEPTION
from core.orders.tallying import count_of
from core.orders.tallying import numbers_by
from core.orders.tallying import numbers_of
from core.paging import PAGE_SIZE
from core.paging import Count
from core.paging import Cursor
from core.paging import Page
from core.paging import count_rows
from core.paging import fetch_page
from core.partners.models import Customer
from core.stock.models import Level
from core.stock.models import Reservation
from core.stock.models import Warehouse
from core.tax.models import Decision

LINES_SHOWN = 100
ONE_DAY = timedelta(days=1)
MOVES_SHOWN = 100


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """What an order list is narrowed to; empty means all.

    `exception` is the most urgent of an order, or `none` for those that have none; `start` and
    `end` are the first and the last day on which it was ordered.
    """

    kind: str = ""
    state: str = ""
    country: str = ""
    exception: str = ""
    attention: bool = False
    text: str = ""
    queue: str = ""
    start: date | None = None
    end: date | None = None

    @property
    def is_tallied(self) -> bool:
        """Say whether the tally knows the number of those that fit."""
        return not (self.text or self.queue or self.start or self.end)


def list_orders(
    session: Session,
    company_id: int,
    narrow: OrderFilter,
    cursor: Cursor | None,
    limit: int = PAGE_SIZE,
) -> Page[Any]:
    """Return a page of orders, the latest first.

    Which they are is found in an index alone: where few of very many fit, looking at the row of
    each that does not would take longest.
    """
    conditions = _conditions(session, company_id, narrow)
    key = (Order.ordered_at, Order.id)
    found = fetch_page(
        session, sa.select(*key).where(*conditions), key, cursor, descending=True, limit=limit
    )
    rows = {row.id: row for row in _heads(session, company_id, [row.id for row in found.rows])}
    return replace(found, rows=[rows[row.id] for row in found.rows])


def _heads(session: Session, company_id: int, order_ids: Sequence[int]) -> Sequence[Any]:
    query = sa.select(
        Order.ordered_at,
        Order.promised_at,
        Order.id,
        Order.external_ref,
        Order.kind,
        Order.state,
        Order.exception,
        Order.platform,
        Order.account,
        Order.country,
        Order.currency,
        Order.line_count,
        Order.net_amount,
        Order.tax_amount,
        Shop.name.label("shop"),
    ).join(Shop, sa.and_(Shop.company_id == Order.company_id, Shop.id == Order.shop_id))
    wanted = any_of(session, Order.id, order_ids)
    return session.execute(query.where(Order.company_id == company_id, wanted)).all()


def count_orders(session: Session, company_id: int, narrow: OrderFilter) -> Count:
    """Count the orders that a list would show; exactly, unless numbers or days are searched."""
    if not narrow.is_tallied:
        conditions = _conditions(session, company_id, narrow)
        return count_rows(session, sa.select(Order.id).where(*conditions))
    values = {"kind": narrow.kind, "state": narrow.state, "country": narrow.country}
    values |= {"exception": narrow.exception or ("*" if narrow.attention else "")}
    chosen = {name: value for name, value in values.items() if value}
    return Count(count_of(session, company_id, chosen), more=False)


def count_each(
    session: Session, company_id: int, wanted: Mapping[str, OrderFilter]
) -> dict[str, Count]:
    """Count what several lists would show, in one query, as far as the tally knows."""
    numbers = numbers_of(session, company_id)
    return {
        name: Count(
            numbers.fitting(
                narrow.kind,
                narrow.state,
                narrow.country,
                narrow.exception or ("*" if narrow.attention else ""),
            ),
            more=False,
        )
        for name, narrow in wanted.items()
        if narrow.is_tallied
    }


def matching_ids(session: Session, company_id: int, narrow: OrderFilter, limit: int) -> list[int]:
    """Return the ids of the orders that a list would show, the latest first, up to a limit."""
    conditions = _conditions(session, company_id, narrow)
    query = sa.select(Order.id).where(*conditions)
    latest = query.order_by(Order.ordered_at.desc(), Order.id.desc())
    return list(session.scalars(latest.limit(limit)))


def states_in_use(session: Session, company_id: int) -> Sequence[str]:
    """Return the states that orders of a company are in."""
    return sorted(numbers_by(session, company_id, "state"))


def _conditions(session: Session, company_id: int, narrow: OrderFilter) -> list[Any]:
    conditions: list[Any] = [Order.company_id == company_id]
    for column, value in (
        (Order.kind, narrow.kind),
        (Order.state, narrow.state),
        (Order.country, narrow.country),
    ):
        if value:
            conditions.append(column == value)
    if narrow.exception == NO_EXCEPTION:
        conditions.append(Order.exception.is_(None))
    elif narrow.exception:
        conditions.append(Order.exception == narrow.exception)
    if narrow.attention:
        conditions.append(Order.exception.is_not(None))
    if narrow.queue:
        conditions.append(_queued(narrow.queue))
    conditions += _days(narrow.start, narrow.end)
    if narrow.text:
        conditions.append(_numbered(session, company_id, narrow.text))
    return conditions


def _days(start: date | None, end: date | None) -> list[Any]:
    """Return the conditions for days: the moment leads to them by an index, the day decides."""
    found: list[Any] = []
    if start is not None:
        since = datetime.combine(start - ONE_DAY, time.min, UTC)
        found += [Order.ordered_at >= since, Order.ordered_on >= start]
    if end is not None:
        until = datetime.combine(end + 2 * ONE_DAY, time.min, UTC)
        found += [Order.ordered_at < until, Order.ordered_on <= end]
    return found


def _queued(kind: str) -> Any:
    """Return the condition for orders in a queue: there are few, and an index leads to them."""
    return sa.exists().where(
        OrderException.company_id == Order.company_id,
        OrderException.order_id == Order.id,
        OrderException.kind == kind,
        OrderException.solved_at.is_(None),
    )


def _numbered(session: Session, company_id: int, text: str) -> Any:
    """Return the condition for documents whose number begins with a text.

    Each account is named, so that the index of natural keys can be used. Where very many begin so,
    sorting them all by time takes longer than meeting some of them on the way from the latest.
    """
    accounts = session.execute(
        sa.select(Shop.platform, Shop.account).where(Shop.company_id == company_id).distinct()
    ).all()
    begins = _begins(session, text)
    named = [
        sa.and_(Order.platform == platform, Order.account == account, begins)
        for platform, account in accounts
    ]
    if not named:
        return sa.false()
    found = sa.select(Order.id).where(Order.company_id == company_id, sa.or_(*named))
    if count_rows(session, found).more:
        return sa.func.substr(Order.external_ref, 1, len(text)) == text
    return sa.or_(*named)


def _begins(session: Session, text: str) -> Any:
    if session.get_bind().dialect.name == "sqlite":
        # It sorts by code points, and looks for no LIKE with an escape sign in an index.
        return sa.and_(Order.external_ref >= text, Order.external_ref < text + chr(0x10FFFF))
    return Order.external_ref.startswith(text, autoescape=True)


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """The head of one order."""

    NEEDS: ClassVar[dict[str, str]] = {
        "net_amount": "money.view",
        "tax_amount": "money.view",
        "customer": "personal.view",
    }

    id: int
    external_ref: str
    kind: str
    state: str
    exception: str | None
    ordered_at: datetime
    ordered_on: date
    currency: str
    country: str
    net_amount: int
    tax_amount: int
    line_count: int
    shop: str
    platform: str
    account: str
    customer: str | None
    hold: str | None
    promised_at: datetime | None
    remote_status: str | None
    origin_id: int | None
    origin_kind: str | None
    consignment_id: int | None
    row_version: int
    exceptions: Sequence[tuple[str, dict[str, object]]]


def get_order(session: Session, company_id: int, order_id: int) -> OrderFacts:
    """Return the head of an order.

    Raises: NotFound, also for the order of another company.
    """
    row = session.execute(
        sa.select(Order, Shop.name, Customer.external_ref)
        .join(Shop, sa.and_(Shop.company_id == Order.company_id, Shop.id == Order.shop_id))
        .outerjoin(
            Customer,
            sa.and_(Customer.company_id == Order.company_id, Customer.id == Order.customer_id),
        )
        .where(Order.company_id == company_id, Order.id == order_id)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such order.")
    order, shop, customer = row
    names = {each.name for each in fields(OrderFacts)} - {"shop", "customer", "exceptions"}
    return OrderFacts(
        **{name: getattr(order, name) for name in names},
        shop=shop,
        customer=customer,
        exceptions=_open_exceptions(session, company_id, order_id),
    )


def _open_exceptions(
    session: Session, company_id: int, order_id: int
) -> list[tuple[str, dict[str, object]]]:
    query = sa.select(OrderException.kind, OrderException.detail).where(
        OrderException.company_id == company_id,
        OrderException.order_id == order_id,
        OrderException.solved_at.is_(None),
    )
    found = [(row.kind, row.detail) for row in session.execute(query)]
    return sorted(found, key=lambda each: KINDS.index(each[0]))


def order_promises(session: Session, company_id: int, order_id: int) -> Sequence[Any]:
    """Return what is promised to an order's lines and what they wait for, by warehouse."""
    query = (
        sa.select(
            OrderLine.code,
            Sku.code.label("sku"),
            Warehouse.code.label("warehouse"),
            Reservation.open_quantity.label("promised"),
            Reservation.short_quantity.label("waiting"),
        )
        .join(
            Reservation,
            (Reservation.company_id == OrderLine.company_id)
            & (Reservation.line_id == OrderLine.id),
        )
        .join(
            Level, (Level.company_id == Reservation.company_id) & (Level.id == Reservation.level_id)
        )
        .join(Sku, (Sku.company_id == Level.company_id) & (Sku.id == Level.sku_id))
        .join(
            Warehouse,
            (Warehouse.company_id == Level.company_id) & (Warehouse.id == Level.warehouse_id),
        )
        .where(
            OrderLine.company_id == company_id,
            OrderLine.order_id == order_id,
            sa.or_(Reservation.open_quantity > 0, Reservation.short_quantity > 0),
        )
        .order_by(OrderLine.id, Sku.code, Warehouse.code)
    )
    return session.execute(query).all()


def related_orders(session: Session, company_id: int, order: OrderFacts) -> Sequence[Any]:
    """Return the orders that came from an order, it came from, or it leaves with."""
    first = order.origin_id or order.id
    together = Order.consignment_id == order.consignment_id if order.consignment_id else sa.false()
    query = (
        sa.select(Order.id, Order.external_ref, Order.state, Order.origin_kind)
        .where(
            Order.company_id == company_id,
            Order.id != order.id,
            sa.or_(Order.id == first, Order.origin_id == first, together),
        )
        .order_by(Order.id)
        .limit(MOVES_SHOWN)
    )
    return session.execute(query).all()


def require_version(session: Session, company_id: int, order_id: int, version: int | None) -> None:
    """Refuse to act on an order that has changed since its page was read.

    Raises: Conflict, and NotFound for an order that the company does not have.
    """
    query = sa.select(Order.row_version).where(Order.company_id == company_id, Order.id == order_id)
    found = session.scalar(query)
    if found is None:
        raise NotFound("There is no such order.")
    if version is not None and version != found:
        raise Conflict("The order has changed meanwhile.", hint="Look at it again, then decide.")


def order_lines(
    session: Session, company_id: int, order_id: int, cursor: Cursor | None
) -> Page[Any]:
    """Return a page of an order's lines in the order they came in, with their tax decisions."""
    # Not the bare column: SQLite would walk all lines in their order instead of the order's own.
    key = (OrderLine.id + 0).label("id")
    query = (
        sa.select(
            key,
            OrderLine.kind,
            OrderLine.code,
            OrderLine.title,
            OrderLine.sku_id,
            Sku.code.label("sku_code"),
            OrderLine.quantity,
            OrderLine.unit_price,
            OrderLine.net_amount,
            OrderLine.tax_amount,
            OrderLine.platform_tax,
            OrderLine.cost_amount,
            OrderLine.returned_quantity,
            OrderLine.original_line_id,
            OrderLine.flag,
            OrderLine.raw_row_id,
            OrderLine.document_id,
            OrderLine.cancelled_quantity,
            Decision.rate,
            Decision.jurisdiction,
            Decision.scheme,
            Decision.reason,
        )
        .outerjoin(
            Decision,
            sa.and_(
                Decision.company_id == OrderLine.company_id,
                Decision.id == OrderLine.decision_id,
            ),
        )
        .outerjoin(Sku, sa.and_(Sku.company_id == OrderLine.company_id, Sku.id == OrderLine.sku_id))
        .where(OrderLine.company_id == company_id, OrderLine.order_id == order_id)
    )
    return fetch_page(session, query, (key.element,), cursor, limit=LINES_SHOWN)


def order_of_line(session: Session, company_id: int, line_id: int) -> int:
    """Return the order that a line belongs to.

    Raises: NotFound, also for the line of another company.
    """
    found = session.scalar(
        sa.select(OrderLine.order_id).where(
            OrderLine.company_id == company_id, OrderLine.id == line_id
        )
    )
    if found is None:
        raise NotFound("There is no such order line.")
    return found


def order_events(session: Session, company_id: int, order_id: int) -> Sequence[OrderEvent]:
    """Return an order's timeline, the latest step first."""
    query = (
        sa.select(OrderEvent)
        .where(OrderEvent.company_id == company_id, OrderEvent.order_id == order_id)
        .order_by(OrderEvent.happened_at.desc(), OrderEvent.id.desc())
        .limit(MOVES_SHOWN)
    )
    return session.scalars(query).all()


def order_profit(session: Session, company_id: int, order_id: int) -> dict[str, int]:
    """Return what an order earned, by profit line, in the company's currency."""
    sums = [
        sa.cast(sa.func.coalesce(sa.func.sum(getattr(Profit, name)), 0), sa.BigInteger)
        for name in PROFIT_LINES
    ]
    row = session.execute(
        sa.select(*sums).where(Profit.company_id == company_id, Profit.order_id == order_id)
    ).one()
    return dict(zip(PROFIT_LINES, row, strict=True))
