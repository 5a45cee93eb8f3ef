"""Profit after allocation: costs without an order counted where the allocation layer puts them.

Sharing moves a cost from where it was booked to who bears it and changes no total: direct profit
plus what was moved is the profit after allocation, and what nobody bears stays with the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.allocation.queries import moved_query
from core.allocation.queries import moves_query
from core.catalog.models import Sku
from core.channels.models import Shop
from core.db import rows_of
from core.errors import InputError
from core.ledger.bridge import Bridge
from core.ledger.bridge import Period
from core.ledger.bridge import decompose
from core.ledger.bridge import period_of
from core.ledger.profit import UNMOVED
from core.ledger.profit import Moves
from core.ledger.profit import ProfitReport
from core.ledger.profit import dimension_of
from core.ledger.profit import make_report
from core.ledger.profit import read_sums
from core.ledger.summing import Column
from core.ledger.waterfall import PROFIT_LINES

MOST_MOVES = 500


def shared_bridge(
    session: Session, company_id: int, first: tuple[date, date], second: tuple[date, date]
) -> Bridge:
    """Explain the difference of two periods after the costs of their whole months are shared."""
    return decompose(*(_shared_period(session, company_id, days) for days in (first, second)))


def _shared_period(session: Session, company_id: int, days: tuple[date, date]) -> Period:
    direct = period_of(session, company_id, days)
    lines: dict[int, Mapping[str, int]] = dict(direct.lines)
    for sku_id, moved in moves_by(session, company_id, "sku_id", *days).items():
        own = lines.get(sku_id, {})
        lines[sku_id] = {name: own.get(name, 0) + moved.get(name, 0) for name in PROFIT_LINES}
    return Period(lines, direct.units)


def shared_profit_report(
    session: Session,
    company_id: int,
    by: str,
    *,
    start: date | None = None,
    end: date | None = None,
    basis: str = "posted",
    mode: str = "posted",
) -> ProfitReport:
    """Return what was earned after the costs of the whole months in a range are shared out.

    Raises: InputError for a dimension, basis or mode that the report does not know.
    """
    sums = read_sums(session, company_id, by, start=start, end=end, basis=basis, mode=mode)
    return make_report(sums, moves_by(session, company_id, dimension_of(by).column, start, end))


def moves_by(
    session: Session,
    company_id: int,
    column: Column,
    start: date | None = None,
    end: date | None = None,
    order_ids: Sequence[int] | None = None,
) -> Moves:
    """Return what sharing adds to the lines of profit by the values of a column: nothing in all."""
    if column == "month":
        return UNMOVED
    if column in _CUTS and order_ids is None:
        return _moved(session, moved_query(company_id, _CUTS[column], start, end), column)
    moves = moves_query(company_id, start, end).subquery()
    amount = sa.cast(sa.func.sum(moves.c.amount), sa.BigInteger)
    given = sa.select(_key(moves, column), moves.c.profit_line, -amount).group_by(sa.text("1, 2"))
    if order_ids is not None:
        return _added(session, given.where(moves.c.order_id.in_(order_ids)))
    taken = sa.select(sa.literal(0), moves.c.profit_line, amount).group_by(sa.text("2"))
    return _added(session, given, taken)


_CUTS = {"sku_id": "sku", "shop_id": "place", "country": "place"}
"""The columns that the allocation keeps sums of."""


def _moved(session: Session, query: sa.Select[*tuple[Any, ...]], column: str) -> Moves:
    moved = query.subquery()
    total = sa.cast(sa.func.sum(-moved.c.amount), sa.BigInteger)
    return _added(
        session, sa.select(moved.c[column], moved.c.profit_line, total).group_by(sa.text("1, 2"))
    )


def _added(session: Session, *queries: sa.Select[*tuple[Any, ...]]) -> Moves:
    found: defaultdict[Any, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for query in queries:
        for key, line, moved in rows_of(session, query):
            found[key][line] += moved
    return {key: lines for key, lines in found.items() if any(lines.values())}


def list_moves(
    session: Session,
    company_id: int,
    by: str,
    key: str,
    start: date | None = None,
    end: date | None = None,
) -> Sequence[Any]:
    """Return what sharing moved to and from one row of the report, by month, account and rule.

    An empty key is the rest. Rows are (month, number, rule, account, title, profit_line, amount);
    an amount is what it adds to profit, `number` the run that says so.
    """
    column = dimension_of(by).column
    if column == "month":
        return []
    moves = moves_query(company_id, start, end).subquery()
    shown = [moves.c[name] for name in _SHOWN]
    sides: list[tuple[Any, Any]] = [(moves.c[column], -moves.c.amount)]
    if f"from_{column}" in moves.c:
        sides.append((moves.c[f"from_{column}"], moves.c.amount))
    elif not key:
        sides.append((sa.null(), moves.c.amount))
    rows = sa.union_all(
        *(
            sa.select(*shown, amount.label("added")).where(_is(company_id, by, key, side))
            for side, amount in sides
        )
    ).subquery()
    names = [rows.c[name] for name in _SHOWN]
    total = sa.cast(sa.func.sum(rows.c.added), sa.BigInteger)
    query = (
        sa.select(*names, total.label("amount"))
        .group_by(*names)
        .having(total != 0)
        .order_by(rows.c.month.desc(), rows.c.account, rows.c.number)
        .limit(MOST_MOVES)
    )
    return rows_of(session, query)


_SHOWN = ("month", "number", "rule", "account", "title", "profit_line")

_GROUPS: dict[str, tuple[Any, Any]] = {
    "platform": (Shop, Shop.platform),
    "brand": (Sku, Sku.brand),
    "owner": (Sku, Sku.owner),
}


def _key(moves: Any, name: str) -> Any:
    return sa.func.coalesce(moves.c[name], "" if name.endswith("country") else 0)


def _is(company_id: int, by: str, key: str, column: Any) -> Any:
    """Return the condition that a column has the value of a row of the report."""
    if by in _GROUPS:
        table, name = _GROUPS[by]
        named = sa.select(table.id).where(table.company_id == company_id)
        if key:
            return column.in_(named.where(name == key))
        return sa.or_(column.is_(None), column.in_(named.where(sa.func.coalesce(name, "") == "")))
    if not key:
        return column.is_(None)
    if by == "country":
        return column == key
    if not key.isascii() or not key.isdecimal() or len(key) > 18:
        raise InputError(f"{key!r} is not the number of a row.", where="key")
    return column == int(key)
