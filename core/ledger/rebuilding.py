"""The profit read model against the postings: what differs, and how it is made right again.

Changes are append-only: a change that should be another is corrected by one more. The sums are
made anew. Both look at a month at a time, so that memory does not grow with the books.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import Day
from core.db import table_of
from core.ids import next_ids
from core.ledger.folding import CUTS
from core.ledger.folding import MEASURES
from core.ledger.folding import YEAR_OF
from core.ledger.folding import fold_all
from core.ledger.folding import sums_of
from core.ledger.models import Profit
from core.ledger.periods import month_of
from core.ledger.waterfall import PROFIT_LINES
from core.rows import bulk_insert

DIMENSIONS = ("shop_id", "country", "order_id", "line_id", "sku_id")


@dataclass(frozen=True, slots=True)
class Differences:
    """How many changes and sums are not what the postings say, and by how much in minor units."""

    changes: int
    sums: int
    amount: int

    @property
    def none(self) -> bool:
        """Say whether the read model is exactly what the postings say."""
        return not (self.changes or self.sums)


def verify_profit(session: Session, company_id: int) -> Differences:
    """Compare changes with postings and sums with changes, line by line."""
    changes = amount = sums = 0
    for month in _months(session, company_id):
        for row in _differences(session, company_id, month):
            changes += 1
            amount += sum(abs(value) for value in row[-len(PROFIT_LINES) :])
        for found in _wrong_sums(session, company_id, month):
            sums += 1
            amount += sum(abs(value) for value in found[-len(PROFIT_LINES) :])
    for found in _wrong_years(session, company_id):
        sums += 1
        amount += sum(abs(value) for value in found[-len(PROFIT_LINES) :])
    return Differences(changes, sums, amount)


def rebuild_profit(session: Session, company_id: int) -> int:
    """Correct the changes that differ from the postings, make the sums anew, return how many were.

    A line of the waterfall to which an account belongs now holds for what was booked before too.
    """
    corrected = 0
    for month in _months(session, company_id):
        rows = _differences(session, company_id, month)
        ids = next_ids(session, len(rows))
        bulk_insert(
            session,
            table_of(Profit),
            ["company_id", "id", "booked_on", "entry_id", *DIMENSIONS, *PROFIT_LINES],
            [
                (company_id, new_id, str(row[0]), *row[1 : -len(PROFIT_LINES)])
                + tuple(int(amount) for amount in row[-len(PROFIT_LINES) :])
                for new_id, row in zip(ids, rows, strict=True)
            ],
        )
        corrected += len(rows)
    fold_all(session, company_id)
    return corrected


def _months(session: Session, company_id: int) -> Iterator[date]:
    """Yield each month from the first that has a posting, a change or a sum to the last."""
    edges = [
        session.connection()
        .execute(
            sa.text(
                f"SELECT MIN({column}) AS first, MAX({column}) AS last FROM {table}"  # noqa: S608
                " WHERE company_id = :c"
            ).columns(first=Day(), last=Day()),
            {"c": company_id},
        )
        .one()
        for table, column in (
            ("ledger_posting", "booked_on"),
            ("ledger_profit", "booked_on"),
            ("ledger_profit_sum", "starts_on"),
        )
    ]
    known = [edge for edge in edges if edge.first is not None]
    if not known:
        return
    month, last = month_of(min(e.first for e in known)), max(e.last for e in known)
    while month <= last:
        yield month
        month = month_of(month + timedelta(days=31))


def _differences(session: Session, company_id: int, month: date) -> Sequence[Any]:
    keys = ", ".join(("booked_on", "entry_id", *DIMENSIONS))
    posted = ", ".join(
        f"CASE WHEN a.profit_line = '{line}' THEN -p.amount ELSE 0 END AS {line}"
        for line in PROFIT_LINES
    )
    query = (
        f"SELECT {keys}, {_sums(PROFIT_LINES)} FROM ("  # noqa: S608
        f"SELECT {', '.join(f'p.{key}' for key in keys.split(', '))}, {posted}"
        " FROM ledger_posting p JOIN ledger_account a ON a.company_id = p.company_id"
        " AND a.id = p.account_id WHERE p.company_id = :c"
        " AND p.booked_on BETWEEN :first AND :last AND a.profit_line IS NOT NULL UNION ALL"
        f" SELECT {keys}, {_opposite(PROFIT_LINES)} FROM ledger_profit"
        " WHERE company_id = :c AND booked_on BETWEEN :first AND :last"
        f") both_ GROUP BY {keys} HAVING {_any(PROFIT_LINES)}"
    )
    return _asked(session, query, company_id, month)


def _wrong_sums(session: Session, company_id: int, month: date) -> Iterator[Any]:
    dialect = session.get_bind().dialect.name
    key = "company_id, cut, starts_on, sku_id, shop_id, country"
    names = f"{key}, {', '.join(MEASURES)}"
    within = "p.booked_on BETWEEN :first AND :last"
    for cut in CUTS:
        if cut.unit == "year":
            continue
        changes = sums_of(cut, dialect, f"ledger_profit p WHERE p.company_id = :c AND {within}")
        fresh = sums_of(
            cut,
            dialect,
            "ledger_profit_fresh f CROSS JOIN ledger_profit p WHERE f.company_id = :c"
            f" AND p.company_id = :c AND p.id BETWEEN f.first_id AND f.last_id AND {within}",
        )
        query = (
            f"WITH changes_ ({names}) AS ({changes}), fresh_ ({names}) AS ({fresh})"  # noqa: S608
            f" SELECT {key}, {_sums(MEASURES)} FROM (SELECT {names} FROM ledger_profit_sum"
            f" WHERE company_id = :c AND cut = '{cut.name}'"
            " AND starts_on BETWEEN :first AND :last"
            f" UNION ALL SELECT {names} FROM fresh_"
            f" UNION ALL SELECT {key}, {_opposite(MEASURES)} FROM changes_) both_"
            f" GROUP BY {key} HAVING {_any(MEASURES)}"
        )
        yield from _asked(session, query, company_id, month)


def _wrong_years(session: Session, company_id: int) -> Sequence[Any]:
    """Return the years that are not the sum of their months, which are compared by themselves."""
    key = "starts_on, sku_id"
    year = YEAR_OF[session.get_bind().dialect.name].format(day="starts_on")
    query = (
        f"SELECT {key}, {_sums(MEASURES)} FROM (SELECT {key}, {', '.join(MEASURES)}"  # noqa: S608
        " FROM ledger_profit_sum WHERE company_id = :c AND cut = 'sku.year' UNION ALL"
        f" SELECT {year}, sku_id, {_opposite(MEASURES)} FROM ledger_profit_sum"
        f" WHERE company_id = :c AND cut = 'sku.month') both_ GROUP BY {key}"
        f" HAVING {_any(MEASURES)}"
    )
    return session.connection().execute(sa.text(query), {"c": company_id}).all()


def _asked(session: Session, query: str, company_id: int, month: date) -> Sequence[Any]:
    last = month_of(month + timedelta(days=31)) - timedelta(days=1)
    text = sa.text(query).bindparams(
        sa.bindparam("first", type_=Day()), sa.bindparam("last", type_=Day())
    )
    values = {"c": company_id, "first": month, "last": last}
    return session.connection().execute(text, values).all()


def _sums(names: Sequence[str]) -> str:
    return ", ".join(f"SUM({name})" for name in names)


def _opposite(names: Sequence[str]) -> str:
    return ", ".join(f"-{name}" for name in names)


def _any(names: Sequence[str]) -> str:
    return " OR ".join(f"SUM({name}) <> 0" for name in names)
