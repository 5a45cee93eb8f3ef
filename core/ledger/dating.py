"""Profit by other days than that of booking: of order, shipment, sale or payout; late amounts too.

As posted, a sale counts on the day of its basis, and what comes later (fees that differ, refunds,
late costs) when it came. As attributed, what comes later counts on the day of the sale: a view,
nothing is booked again. Settled only is as attributed, without the orders that still are estimated
or partly settled. These days are looked up when they are asked for, so that a report by them reads
all changes; only the day of booking has sums of its own.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from typing import Literal
from typing import NamedTuple
from typing import cast
from typing import get_args

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import InputError
from core.ledger.settledness import States
from core.ledger.summing import Column
from core.ledger.summing import Narrow
from core.ledger.summing import Summed
from core.ledger.summing import bound_query
from core.ledger.summing import key_of
from core.ledger.summing import of_changes
from core.ledger.waterfall import PROFIT_LINES

Basis = Literal["posted", "order", "ship", "sale", "payout"]
Mode = Literal["posted", "attributed", "settled"]

BASES: tuple[Basis, ...] = get_args(Basis)
MODES: tuple[Mode, ...] = get_args(Mode)

SALE_KINDS = ("sale", "fee_estimate")
"""The entries that make up a sale as it was booked when the goods left."""

_SALE = ", ".join(f"'{kind}'" for kind in SALE_KINDS)

# The day of each order by a basis.
_DAYS: dict[Basis, str] = {
    "order": "SELECT id, ordered_on FROM orders_order WHERE company_id = :c",
    "ship": "SELECT order_id, MIN(booked_on) FROM stock_document WHERE company_id = :c"
    " AND kind = 'shipment' AND order_id IS NOT NULL GROUP BY order_id",
    "sale": "SELECT order_id, MIN(booked_on) FROM ledger_entry WHERE company_id = :c"
    " AND kind = 'sale' AND order_id IS NOT NULL GROUP BY order_id",
    "payout": "SELECT b.order_id, MIN(s.deposited_on) FROM settlements_booking b"
    " JOIN settlements_statement s ON s.company_id = b.company_id AND s.id = b.statement_id"
    " WHERE b.company_id = :c AND b.order_id IS NOT NULL AND b.outcome = 'applied'"
    " GROUP BY b.order_id",
}


class Dated(NamedTuple):
    """The sums by key, how final they are, and what is left out: not paid or not settled yet."""

    sums: list[Summed]
    states: dict[Any, States]
    left_out: dict[str, int]


def check(basis: str, mode: str) -> None:
    """Refuse a basis or a mode that there is not.

    Raises: InputError naming those there are.
    """
    for value, known, where in ((basis, BASES, "basis"), (mode, MODES, "mode")):
        if value not in known:
            raise InputError(
                f"{value!r} is not a {where} of profit.",
                where=where,
                hint=f"Choose of {', '.join(known)}.",
            )


def sum_dated(
    session: Session,
    company_id: int,
    column: Column,
    start: date | None,
    end: date | None,
    narrow: Narrow,
    basis: Basis,
    mode: Mode,
) -> Dated:
    """Return what counts from one day to another by a basis and a mode."""
    query, bound = _query(session, column, start, end, narrow, basis, mode)
    sums, states = [], {}
    left_out = dict.fromkeys(PROFIT_LINES, 0)
    rows = session.connection().execute(query, {"c": company_id, **bound})
    for left, key, changes, of_orders, estimated, partly, reconciled, *lines in rows:
        amounts = dict(zip(PROFIT_LINES, map(int, lines), strict=True))
        if left:
            for name, amount in amounts.items():
                left_out[name] += amount
            continue
        sums.append(Summed(key, int(changes), int(of_orders), amounts))
        final = int(of_orders - estimated - partly)
        states[key] = States(int(estimated), int(partly), final, reconciled == final)
    return Dated(sums, states, left_out)


def _query(
    session: Session,
    column: Column,
    start: date | None,
    end: date | None,
    narrow: Narrow,
    basis: Basis,
    mode: Mode,
) -> tuple[sa.TextClause, dict[str, Any]]:
    condition, bound = of_changes(narrow)
    edges = {name: day for name, day in (("start", start), ("end", end)) if day is not None}
    sums = ", ".join(f"CAST(SUM({line}) AS BIGINT)" for line in PROFIT_LINES)
    day_key = key_of(column, "day", "p", session.get_bind().dialect.name)
    key = day_key if column == "month" else "key"
    own = "''" if column == "month" else key_of(column, "", "p", "")
    query = (
        f"WITH {_dated(basis, mode, own, condition)}"  # noqa: S608
        f" SELECT CASE WHEN {_left_out(mode)} THEN 1 ELSE 0 END, {key}, COUNT(*), COUNT(order_id),"
        " SUM(CASE WHEN state = 0 THEN 1 ELSE 0 END), SUM(CASE WHEN state = 1 THEN 1 ELSE 0 END),"
        f" SUM(CASE WHEN state = 3 THEN 1 ELSE 0 END), {sums} FROM dated WHERE {_within(edges)}"
        " GROUP BY 1, 2"
    )
    return bound_query(query, edges, bound)


def dated_ids(
    company_id: int, start: date | None, end: date | None, basis: str, mode: str
) -> sa.TextClause:
    """Return the condition that a change counts from one day to another by a basis and a mode."""
    edges = {name: day for name, day in (("start", start), ("end", end)) if day is not None}
    dated = _dated(cast(Basis, basis), cast(Mode, mode), "p.id", "")
    text, values = bound_query(
        f"ledger_profit.id IN (WITH {dated} SELECT key FROM dated"  # noqa: S608
        f" WHERE NOT ({_left_out(cast(Mode, mode))}) AND {_within(edges)})",
        edges,
        {},
    )
    return text.bindparams(c=company_id, **values)


def _dated(basis: Basis, mode: Mode, key: str, condition: str) -> str:
    """Return the changes with the day on which each counts, and the state of its order."""
    return (
        f"sold (order_id, day) AS ({_DAYS['sale' if basis == 'posted' else basis]}),"  # noqa: S608
        f" dated AS (SELECT {key} AS key, p.order_id, f.state, {_day(basis, mode)} AS day,"
        f" {', '.join(f'p.{line}' for line in PROFIT_LINES)} FROM ledger_profit p"
        " JOIN ledger_entry e ON e.company_id = p.company_id AND e.id = p.entry_id"
        " LEFT JOIN sold ON sold.order_id = p.order_id"
        " LEFT JOIN fees_finality f ON f.company_id = p.company_id AND f.id = p.order_id"
        f" WHERE p.company_id = :c{condition})"
    )


def _left_out(mode: Mode) -> str:
    return "day IS NULL" + (" OR (state IS NOT NULL AND state < 2)" if mode == "settled" else "")


def _within(edges: dict[str, date]) -> str:
    return (
        "1 = 1"
        + " AND (day IS NULL OR day >= :start)" * ("start" in edges)
        + " AND (day IS NULL OR day <= :end)" * ("end" in edges)
    )


def _day(basis: Basis, mode: Mode) -> str:
    """Return the day on which a change counts; none where it is not paid yet."""
    own = "COALESCE(e.attributed_on, p.booked_on)" if mode != "posted" else "p.booked_on"
    if basis == "payout":
        sale = f"CASE WHEN p.order_id IS NULL THEN {own} ELSE sold.day END"
    else:
        sale = f"COALESCE(sold.day, {own})"
    if mode != "posted":
        return sale
    if basis == "posted":
        return own
    return f"CASE WHEN e.kind IN ({_SALE}) THEN {sale} ELSE {own} END"
