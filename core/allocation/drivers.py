"""Drivers: what costs are shared by, each read from the books once for a run."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.allocation import goods
from core.allocation.costs import Where
from core.allocation.models import Detail
from core.allocation.sharing import Target
from core.catalog.models import Sku
from core.channels.connector import LineKind
from core.db import rows_of
from core.ledger.models import Account
from core.ledger.models import Posting
from core.money import MICRO
from core.orders.models import Order
from core.orders.models import OrderLine
from core.settlements.models import Booking
from core.stock.models import Document
from core.tax.models import Decision

INCOME = ("sales", "shipping", "discounts")
"""Net revenue as it was sold: refunds do not take an order out of what it has cost."""


@dataclass(frozen=True, slots=True)
class Window:
    """The days from which drivers are read, both included."""

    company_id: int
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Found:
    """What a driver knows, and why it cannot be used if it knows too little."""

    weights: Mapping[Target, int]
    problem: str = ""


class Drivers:
    """The drivers of one run; a driver that is asked for again is not read again."""

    def __init__(self, session: Session, company_id: int) -> None:
        self.session = session
        self.company_id = company_id
        self._codes: dict[int, str] = {}
        self._known: dict[tuple[str, date, date], Found] = {}
        self._settled: dict[int, frozenset[int]] = {}

    def weights(
        self, driver: str, first: date, last: date, where: Where, sku_id: int | None
    ) -> Found:
        """Return what a driver weighs in some days, for some shops, a country and a SKU."""
        found = self._read(driver, first, last)
        orders = self._orders_of(where.statement_id)
        kept = {
            target: weight
            for target, weight in found.weights.items()
            if weight > 0
            and (sku_id is None or target.sku_id == sku_id)
            and (where.shops is None or target.shop_id is None or target.shop_id in where.shops)
            and (where.country is None or target.country in (None, where.country))
            and (orders is None or target.order_id in orders)
        }
        return Found(kept, found.problem)

    def _read(self, driver: str, first: date, last: date) -> Found:
        key = (driver, first, last)
        if key not in self._known:
            name, _, argument = driver.partition(":")
            window = Window(self.company_id, first, last)
            found = READERS[name](self.session, window, argument)
            self._known[key] = Found(self._in_order(found.weights), found.problem)
        return self._known[key]

    def _in_order(self, weights: Mapping[Target, int]) -> Mapping[Target, int]:
        """Sort by code and line, so that left-over cents fall the same way on any database."""
        if not self._codes:
            query = sa.select(Sku.id, Sku.code).where(Sku.company_id == self.company_id)
            self._codes = dict(self.session.execute(query).all())

        def place(target: Target) -> tuple[str, int, int]:
            return (
                self._codes.get(target.sku_id or 0, ""),
                target.order_id or 0,
                target.line_id or 0,
            )

        return {target: weights[target] for target in sorted(weights, key=place)}

    def _orders_of(self, statement_id: int | None) -> frozenset[int] | None:
        if statement_id is None:
            return None
        if statement_id not in self._settled:
            query = (
                sa.select(Booking.order_id)
                .where(
                    Booking.company_id == self.company_id,
                    Booking.statement_id == statement_id,
                    Booking.order_id.is_not(None),
                )
                .distinct()
            )
            self._settled[statement_id] = frozenset(r[0] for r in rows_of(self.session, query))
        return self._settled[statement_id]


def _net_revenue(session: Session, window: Window, _argument: str) -> Found:
    total = sa.cast(-sa.func.sum(Posting.amount), sa.BigInteger)
    of = (Posting.shop_id, Posting.country, Posting.order_id, Posting.line_id, Posting.sku_id)
    query = (
        sa.select(*of, total)
        .join(
            Account, (Account.company_id == Posting.company_id) & (Account.id == Posting.account_id)
        )
        .where(
            Posting.company_id == window.company_id,
            Posting.booked_on >= window.first,
            Posting.booked_on <= window.last,
            Posting.order_id.is_not(None),
            Account.profit_line.in_(INCOME),
        )
        .group_by(*of)
    )
    return Found(dict(_targets(rows_of(session, query))))


def _lines(window: Window, *columns: Any) -> sa.Select[*tuple[Any, ...]]:
    """Return the query of order lines that were sold and left in a window."""
    return (
        sa.select(
            Order.shop_id,
            OrderLine.country,
            OrderLine.order_id,
            OrderLine.id,
            OrderLine.sku_id,
            *columns,
        )
        .join(
            Document,
            (Document.company_id == OrderLine.company_id) & (Document.id == OrderLine.document_id),
        )
        .join(Order, (Order.company_id == OrderLine.company_id) & (Order.id == OrderLine.order_id))
        .where(
            OrderLine.company_id == window.company_id,
            OrderLine.kind == LineKind.SALE,
            OrderLine.quantity > 0,
            Document.booked_on >= window.first,
            Document.booked_on <= window.last,
        )
    )


def _units(session: Session, window: Window, _argument: str) -> Found:
    return Found(dict(_targets(rows_of(session, _lines(window, OrderLine.quantity)))))


def _weight(session: Session, window: Window, _argument: str) -> Found:
    same = (Sku.company_id == OrderLine.company_id) & (Sku.id == OrderLine.sku_id)
    query = _lines(window, OrderLine.quantity, Sku.weight_grams).join(Sku, same)
    rows = rows_of(session, query)
    unknown = {row[4] for row in rows if row[6] is None}
    weights = {Target(*row[:5]): row[5] * (row[6] or 0) for row in rows}
    return Found(weights, goods.lacking(unknown, "weight"))


def _transactions(session: Session, window: Window, scheme: str) -> Found:
    """Weigh each order by one, its lines sharing that one."""
    query = _lines(window, Decision.scheme).outerjoin(
        Decision,
        (Decision.company_id == OrderLine.company_id) & (Decision.id == OrderLine.decision_id),
    )
    rows = [row for row in rows_of(session, query) if not scheme or row[5] == scheme]
    lines: dict[int, int] = {}
    for row in rows:
        lines[row[2]] = lines.get(row[2], 0) + 1
    return Found({Target(*row[:5]): MICRO // lines[row[2]] for row in rows})


def _report(session: Session, window: Window, kind: str) -> Found:
    """Read the rows of a report; those that name an order go there, the others to their SKU."""
    total = sa.cast(sa.func.sum(Detail.weight), sa.BigInteger)
    of = (Detail.shop_id, Order.country, Detail.order_id, Detail.sku_id)
    query = (
        sa.select(*of, total)
        .outerjoin(Order, (Order.company_id == Detail.company_id) & (Order.id == Detail.order_id))
        .where(
            Detail.company_id == window.company_id,
            Detail.kind == kind,
            Detail.month >= window.first.replace(day=1),
            Detail.month <= window.last,
        )
        .group_by(*of)
    )
    rows = rows_of(session, query)
    return Found({Target(r[0], r[1], r[2], None, r[3]): r[4] for r in rows})


def _targets(rows: Any) -> Iterator[tuple[Target, int]]:
    for *parts, weight in rows:
        yield Target(*parts), weight


def _of_goods(read: Callable[[Session, Window, str], tuple[dict[int, int], str]]) -> Reader:
    def reader(session: Session, window: Window, argument: str) -> Found:
        weights, problem = read(session, window, argument)
        return Found({Target(sku_id=sku): weight for sku, weight in weights.items()}, problem)

    return reader


Reader = Callable[[Session, Window, str], Found]

READERS: Mapping[str, Reader] = {
    "report": _report,
    "units": _units,
    "net_revenue": _net_revenue,
    "weight": _weight,
    "transactions": _transactions,
    "volume_days": _of_goods(goods.volume_days),
    "unit_days": _of_goods(goods.unit_days),
    "aged_units": _of_goods(goods.aged_units),
    "received_units": _of_goods(goods.received_units),
}
