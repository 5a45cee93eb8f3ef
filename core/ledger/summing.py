"""Sums of profit by what they concern, from the sums by day and month where these are enough."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from typing import Literal
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import BigInt
from core.db import Day
from core.ledger.folding import MEASURES
from core.ledger.spans import DAYS
from core.ledger.spans import MONTHS
from core.ledger.spans import YEARS
from core.ledger.spans import Span
from core.ledger.spans import spans_of
from core.ledger.waterfall import PROFIT_LINES

Column = Literal["sku_id", "shop_id", "country", "month", "day", "order_id", "line_id"]


@dataclass(frozen=True, slots=True)
class Narrow:
    """What a report is narrowed to; None narrows nothing, an empty tuple leaves nothing over.

    0 stands for what concerns no SKU or no shop, an empty text for what concerns no country.
    """

    sku_ids: tuple[int, ...] | None = None
    shop_ids: tuple[int, ...] | None = None
    countries: tuple[str, ...] | None = None
    order_ids: tuple[int, ...] | None = None

    def given(self) -> dict[str, tuple[Any, ...]]:
        """Return the columns that are narrowed."""
        every = {
            "sku_id": self.sku_ids,
            "shop_id": self.shop_ids,
            "country": self.countries,
            "order_id": self.order_ids,
        }
        return {column: values for column, values in every.items() if values is not None}


EVERYTHING = Narrow()


class Summed(NamedTuple):
    """What the changes of one key come to; the key is 0 or empty for what concerns none."""

    key: Any
    changes: int
    of_orders: int
    lines: dict[str, int]


def sum_profit(
    session: Session,
    company_id: int,
    column: Column,
    start: date | None = None,
    end: date | None = None,
    narrow: Narrow = EVERYTHING,
) -> list[Summed]:
    """Return what was booked from one day to another, both included, by the values of a column."""
    query, bound = summing_query(session, column, start, end, narrow)
    rows = session.connection().execute(query, {"c": company_id, **bound})
    return [
        Summed(key, changes, int(of_orders), dict(zip(PROFIT_LINES, map(int, lines), strict=True)))
        for key, changes, of_orders, *lines in rows
        if changes
    ]


def changes_by(
    session: Session,
    column: Column,
    start: date | None,
    end: date | None,
    narrow: Narrow,
    orders: str,
) -> tuple[sa.TextClause, dict[str, Any]]:
    """Return the query that counts the changes of some orders by a column, and what it binds.

    `orders` is a query of orders with a mark, 0 or 1; the marked changes are counted beside.
    """
    condition, bound = _condition(narrow)
    dialect = session.get_bind().dialect.name
    key = key_of(column, "p.booked_on", "p", dialect)
    days = {name: day for name, day in (("start", start), ("end", end)) if day is not None}
    query = (
        f"WITH marked (order_id, mark) AS ({orders})"  # noqa: S608
        f" SELECT {key}, COUNT(*), SUM(m.mark) FROM marked m CROSS JOIN ledger_profit p"
        " WHERE p.company_id = :c AND p.order_id = m.order_id"
        f"{_between(days, _day_without_index(dialect))}{_of_changes(condition)} GROUP BY 1"
    )
    return bound_query(query, days, bound)


def sum_marked(
    session: Session,
    company_id: int,
    lines: Iterable[str],
    start: date | None,
    end: date | None,
    orders: str,
) -> tuple[int, int]:
    """Return what some lines of some orders come to, and of those of them that are marked.

    `orders` is a query of orders with a mark, 0 or 1.
    """
    days = {name: day for name, day in (("start", start), ("end", end)) if day is not None}
    amount = "+".join(f"p.{name}" for name in sorted(lines))
    between = _between(days, _day_without_index(session.get_bind().dialect.name))
    query = (
        f"WITH marked (order_id, mark) AS ({orders})"  # noqa: S608
        f" SELECT CAST(COALESCE(SUM({amount}), 0) AS BIGINT),"
        f" CAST(COALESCE(SUM(m.mark * ({amount})), 0) AS BIGINT)"
        " FROM marked m CROSS JOIN ledger_profit p"
        f" WHERE p.company_id = :c AND p.order_id = m.order_id{between}"
    )
    text, bound = bound_query(query, days, {})
    of_all, of_marked = session.connection().execute(text, {"c": company_id, **bound}).one()
    return int(of_all), int(of_marked)


def summing_query(
    session: Session, column: Column, start: date | None, end: date | None, narrow: Narrow
) -> tuple[sa.TextClause, dict[str, Any]]:
    """Return the query for the sums by a column, named as `MEASURES`, and what it binds.

    It asks for the company as `c` besides.
    """
    asked = {column, *narrow.given()} - {"month", "day"}
    place, dialect = {"shop_id", "country"}, session.get_bind().dialect.name
    condition, bound = _condition(narrow)
    day = "p.booked_on"
    if asked <= place or asked == {"sku_id"}:
        cut = "place" if asked <= place else "sku"
        # Places are so few that their months are as good as years.
        units = YEARS if cut == "sku" and column != "month" else MONTHS
        units = DAYS if column == "day" else units
        spans = spans_of(start, end, units)
        parts, days = _of_sums(cut, key_of(column, "s.starts_on", "s", dialect), spans)
        parts = [part + condition.replace("{}", "s") for part in parts]
        fresh = FRESH[dialect]
        day = _day_without_index(dialect)
    else:
        # Statistics that begin with what concerns no order tell SQLite that orders have many rows.
        hint = " INDEXED BY ix_ledger_profit_order"
        known = dialect == "sqlite" and bool(narrow.order_ids)
        parts, days = [], {}
        fresh = f"ledger_profit p{hint * known} WHERE p.company_id = :c"
    edges = {name: day for name, day in (("start", start), ("end", end)) if day is not None}
    of_change = f"{key_of(column, 'p.booked_on', 'p', dialect)}, 1, {_HAS_ORDER}"
    parts.append(
        f"SELECT {of_change}, {', '.join(PROFIT_LINES)} FROM {fresh}"  # noqa: S608
        + _between(edges, day)
        + _of_changes(condition)
    )
    sums = ", ".join(f"CAST(SUM({name}) AS BIGINT) AS {name}" for name in MEASURES)
    names = ", ".join(("key", *MEASURES))
    query = (
        f"WITH parts ({names}) AS ({' UNION ALL '.join(parts)})"  # noqa: S608
        f" SELECT key, {sums} FROM parts GROUP BY key"
    )
    return bound_query(query, days | edges, bound)


def bound_query(
    query: str, days: dict[str, Any], bound: dict[str, Sequence[Any]]
) -> tuple[sa.TextClause, dict[str, Any]]:
    """Return a query with what it binds, each value by its type."""
    text = sa.text(query).bindparams(
        *(sa.bindparam(name, type_=Day()) for name in days),
        *(
            sa.bindparam(name, type_=sa.Text() if "country" in name else BigInt, expanding=True)
            for name in bound
        ),
    )
    return text, {**days, **bound}


def _between(edges: dict[str, Any], day: str) -> str:
    return (f" AND {day} >= :start" * ("start" in edges)) + (
        f" AND {day} <= :end" * ("end" in edges)
    )


def _day_without_index(dialect: str) -> str:
    """Return the day where an id or an order finds the rows: planners would walk the days."""
    return "+p.booked_on" if dialect == "sqlite" else "p.booked_on + 0"


# By their notes, whatever the planner believes of how many there are: it would rather walk all
# changes of the days. OFFSET 0 keeps PostgreSQL from turning the loops round.
FRESH = {
    "sqlite": "ledger_profit_fresh f CROSS JOIN ledger_profit p WHERE f.company_id = :c"
    " AND p.company_id = :c AND p.id BETWEEN f.first_id AND f.last_id",
    "postgresql": "ledger_profit_fresh f CROSS JOIN LATERAL (SELECT * FROM ledger_profit x"
    " WHERE x.company_id = :c AND x.id BETWEEN f.first_id AND f.last_id OFFSET 0) p"
    " WHERE f.company_id = :c",
}

_HAS_ORDER = "CASE WHEN p.order_id IS NULL THEN 0 ELSE 1 END"


def _of_sums(cut: str, key: str, spans: Sequence[Span]) -> tuple[list[str], dict[str, Any]]:
    """Return a query of each part of a range, and the days that they name."""
    parts, days = [], dict[str, Any]()
    for n, span in enumerate(spans):
        days |= {f"first{n}": span.first, f"last{n}": span.last}
        parts.append(
            f"SELECT {key}, {_measures(span)} FROM ledger_profit_sum s WHERE s.company_id = :c"  # noqa: S608
            f" AND s.cut = '{cut}.{span.unit}' AND s.starts_on BETWEEN :first{n} AND :last{n}"
        )
    return parts, days


def _measures(span: Span) -> str:
    return ", ".join(f"{'-' * (span.sign < 0)}s.{name}" for name in MEASURES)


def key_of(column: Column, day: str, table: str, dialect: str) -> str:
    """Return the key of a sum by a column, from the sums `s` or the changes `p`."""
    if column == "day":
        return day if dialect == "sqlite" else f"to_char({day}, 'YYYY-MM-DD')"
    if column == "month":
        return f"substr({day}, 1, 7)" if dialect == "sqlite" else f"to_char({day}, 'YYYY-MM')"
    if table == "s":
        return f"s.{column}"
    return f"COALESCE(p.{column}, {_NONE[column]})"


_NONE = {"sku_id": "0", "shop_id": "0", "country": "''", "order_id": "0", "line_id": "0"}


def _condition(narrow: Narrow) -> tuple[str, dict[str, Sequence[Any]]]:
    given = narrow.given()
    text = "".join(f" AND {{}}.{column} IN :in_{column}" for column in given)
    return text, {f"in_{column}": list(values) for column, values in given.items()}


def of_changes(narrow: Narrow) -> tuple[str, dict[str, Sequence[Any]]]:
    """Return the condition by which changes `p` are narrowed, and what it binds."""
    condition, bound = _condition(narrow)
    return _of_changes(condition), bound


def _of_changes(condition: str) -> str:
    """Return the condition for changes, in which what concerns none is empty."""
    for column in ("sku_id", "shop_id", "country"):
        condition = condition.replace(f"{{}}.{column} ", f"COALESCE(p.{column}, {_NONE[column]}) ")
    return condition.replace("{}", "p")
