"""From a figure of the profit report down to the order lines that it is the sum of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import Sku
from core.channels.models import Shop
from core.db import any_of
from core.errors import InputError
from core.ledger.dating import check
from core.ledger.dating import dated_ids
from core.ledger.models import Entry
from core.ledger.models import Profit
from core.ledger.periods import last_day
from core.ledger.periods import read_month
from core.ledger.waterfall import PROFIT_LINES
from core.orders.models import Order
from core.orders.models import OrderLine
from core.paging import Cursor
from core.paging import Page
from core.paging import fetch_page
from core.stock.models import Level
from core.stock.models import Move

COLUMNS = [getattr(Profit, name) for name in PROFIT_LINES]
TOTAL = sum(COLUMNS[1:], COLUMNS[0])


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the report: the dimension, the row's id or code, and the days it covers.

    An empty key is what belongs to no order, SKU, country or shop.
    """

    by: str
    key: str
    start: date | None = None
    end: date | None = None
    basis: str = "posted"
    mode: str = "posted"

    @property
    def is_dated(self) -> bool:
        """Say whether it counts by other days than that of booking."""
        return not self.basis == self.mode == "posted"


def list_profit_lines(
    session: Session, company_id: int, figure: Figure, cursor: Cursor | None
) -> Page[Any]:
    """Return a page of what a figure is the sum of, the latest booked first, with order lines."""
    # By order there is an index, and SQLite would rather walk all rows in the order of their ids.
    key = Profit.id + 0 if figure.by == "order" else Profit.id
    query = (
        sa.select(
            key.label("id"),
            Profit.booked_on,
            Profit.entry_id,
            Profit.order_id,
            Profit.line_id,
            Profit.sku_id,
            Sku.code.label("sku_code"),
            Entry.kind.label("entry_kind"),
            Entry.document_id,
            Entry.natural_key.label("entry_key"),
            TOTAL.label("profit"),
            *COLUMNS,
            Order.external_ref,
            OrderLine.code,
            OrderLine.title,
            OrderLine.quantity,
            OrderLine.raw_row_id,
        )
        .join(Entry, sa.and_(Entry.company_id == Profit.company_id, Entry.id == Profit.entry_id))
        .outerjoin(Sku, sa.and_(Sku.company_id == Profit.company_id, Sku.id == Profit.sku_id))
        .outerjoin(
            Order, sa.and_(Order.company_id == Profit.company_id, Order.id == Profit.order_id)
        )
        .outerjoin(
            OrderLine,
            sa.and_(OrderLine.company_id == Profit.company_id, OrderLine.id == Profit.line_id),
        )
        .where(*_conditions(company_id, figure))
    )
    return fetch_page(session, query, (key,), cursor, descending=True)


def sources_without_line(session: Session, company_id: int, rows: Sequence[Any]) -> dict[int, int]:
    """Return the raw row behind each booking that has no order line: a stock adjustment."""
    bare = [row for row in rows if row.line_id is None and row.document_id is not None]
    if not bare:
        return {}
    query = (
        sa.select(Move.document_id, Level.sku_id, sa.func.min(Move.raw_row_id))
        .join(Level, sa.and_(Level.company_id == Move.company_id, Level.id == Move.level_id))
        .where(
            Move.company_id == company_id,
            any_of(session, Move.document_id, [row.document_id for row in bare]),
            Move.raw_row_id.is_not(None),
        )
        .group_by(Move.document_id, Level.sku_id)
    )
    found = {(document, sku): raw for document, sku, raw in session.execute(query)}
    sources = {row.id: found.get((row.document_id, row.sku_id)) for row in bare}
    return {row_id: raw for row_id, raw in sources.items() if raw is not None}


_SETTLED = ("settled", "rebooked", "payout", "settlement_carried")
"""What the keys of entries begin with that come from a statement; its own key follows."""


def statements_of(session: Session, company_id: int, rows: Sequence[Any]) -> dict[int, int]:
    """Return the statement behind each booking that comes from a settlement."""
    named: dict[int, tuple[str, ...]] = {}
    for row in rows:
        kind, _, key = row.entry_key.partition(":")
        if kind in _SETTLED and key.count("/") >= 2:
            named[row.id] = tuple(key.split("/")[:3])
    if not named:
        return {}
    statement = sa.table(
        "settlements_statement",
        *map(sa.column, ("company_id", "id", "platform", "account", "external_ref", "rejection")),
    )
    refs = sorted({ref for _, _, ref in named.values()})
    query = sa.select(
        statement.c.platform, statement.c.account, statement.c.external_ref, statement.c.id
    ).where(
        statement.c.company_id == company_id,
        statement.c.rejection == 0,
        statement.c.external_ref.in_(refs),
    )
    known = {tuple(names): statement_id for *names, statement_id in session.execute(query)}
    return {row_id: known[name] for row_id, name in named.items() if name in known}


def sum_profit_lines(session: Session, company_id: int, figure: Figure) -> dict[str, int]:
    """Return the figure itself, line by line, as the sum of what the list shows."""
    sums = [
        sa.cast(sa.func.coalesce(sa.func.sum(column), 0), sa.BigInteger).label(name)
        for name, column in zip(PROFIT_LINES, COLUMNS, strict=True)
    ]
    row = session.execute(sa.select(*sums).where(*_conditions(company_id, figure))).one()
    return dict(zip(PROFIT_LINES, row, strict=True))


def figure_label(session: Session, company_id: int, figure: Figure) -> str:
    """Return what a figure's key is called, the key itself where it has no name of its own."""
    sources: dict[str, tuple[Any, Any]] = {
        "order": (Order, Order.external_ref),
        "sku": (Sku, Sku.code),
        "shop": (Shop, Shop.name),
        "line": (OrderLine, OrderLine.code),
    }
    if figure.by not in sources or not figure.key:
        return figure.key
    table, column = sources[figure.by]
    label = session.scalar(
        sa.select(column).where(table.company_id == company_id, table.id == _id(figure.key))
    )
    return label or figure.key


def _conditions(company_id: int, figure: Figure) -> list[Any]:
    conditions: list[Any] = [Profit.company_id == company_id]
    if figure.by != "month":
        conditions.append(_where(company_id, figure))
    start, end = figure.start, figure.end
    if figure.by == "month":
        first = _month(figure.key)
        last = last_day(first)
        start, end = max(start or first, first), min(end or last, last)
    if figure.is_dated:
        check(figure.basis, figure.mode)
        return [*conditions, dated_ids(company_id, start, end, figure.basis, figure.mode)]
    if start:
        conditions.append(Profit.booked_on >= start)
    if end:
        conditions.append(Profit.booked_on <= end)
    return conditions


def _where(company_id: int, figure: Figure) -> Any:
    key = figure.key
    if figure.by == "country":
        return Profit.country == key if key else Profit.country.is_(None)
    if figure.by in _GROUPS:
        column, table, name = _GROUPS[figure.by]
        named = sa.select(table.id).where(table.company_id == company_id)
        if key:
            return column.in_(named.where(name == key))
        return sa.or_(column.is_(None), column.in_(named.where(sa.func.coalesce(name, "") == "")))
    columns = {
        "order": Profit.order_id,
        "line": Profit.line_id,
        "sku": Profit.sku_id,
        "shop": Profit.shop_id,
    }
    if figure.by not in columns:
        raise InputError(f"{figure.by!r} is not a dimension of the profit report.", where="by")
    return columns[figure.by] == _id(key) if key else columns[figure.by].is_(None)


# What several SKUs or shops have in common: the column of changes, and who tells it.
_GROUPS: dict[str, tuple[Any, Any, Any]] = {
    "platform": (Profit.shop_id, Shop, Shop.platform),
    "brand": (Profit.sku_id, Sku, Sku.brand),
    "owner": (Profit.sku_id, Sku, Sku.owner),
}


def _month(key: str) -> date:
    return read_month(key, where="key")


def _id(key: str) -> int:
    if not key.isascii() or not key.isdecimal() or len(key) > 18:
        raise InputError(f"{key!r} is not the number of a row.", where="key")
    return int(key)
