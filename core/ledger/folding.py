"""Sums of profit by day, month and year, folded from the changes a good many at a time.

A posting appends its changes and says in `ledger_profit_fresh` which ids they have. Folding takes
those notes away and adds what the changes come to, in the order of the sums' key. Whoever reads
takes the sums and the fresh changes by one statement, and so sees each change exactly once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import table_of
from core.ledger.models import ProfitFresh
from core.ledger.waterfall import PROFIT_LINES
from core.rows import bulk_insert

FOLD_AT = 8_000
"""How many fresh changes a posting leaves to those who read, before it folds them."""

FOLD_NOTES_AT = 500
"""The same for their notes: a posting of few changes makes a note too."""

LOOK_AFTER = 32
"""After how many postings of a process it looks how much is fresh, however small they were."""

MEASURES = ("changes", "of_orders", *PROFIT_LINES)


class Cut(NamedTuple):
    """What sums tell apart, and over how long; each column by the change's value that it has."""

    name: str
    starts_on: dict[str, str]
    sku_id: str
    shop_id: str
    country: str

    @property
    def unit(self) -> str:
        """Return over how long: a day, a month or a year."""
        return self.name.partition(".")[2]


_DAY = {"sqlite": "p.booked_on", "postgresql": "p.booked_on"}
_MONTH = {
    "sqlite": "substr(p.booked_on, 1, 7) || '-01'",
    "postgresql": "CAST(date_trunc('month', p.booked_on) AS date)",
}
YEAR_OF = {
    "sqlite": "substr({day}, 1, 4) || '-01-01'",
    "postgresql": "CAST(date_trunc('year', {day}) AS date)",
}
_YEAR = {dialect: first.format(day="p.booked_on") for dialect, first in YEAR_OF.items()}
_SKU = ("COALESCE(p.sku_id, 0)", "0", "''")
_PLACE = ("0", "COALESCE(p.shop_id, 0)", "COALESCE(p.country, '')")

CUTS = (
    Cut("sku.day", _DAY, *_SKU),
    Cut("sku.month", _MONTH, *_SKU),
    Cut("sku.year", _YEAR, *_SKU),
    Cut("place.day", _DAY, *_PLACE),
    Cut("place.month", _MONTH, *_PLACE),
)

_Range = tuple[int, int]


def note_changes(session: Session, company_id: int, ids: Sequence[int]) -> None:
    """Note that some changes are fresh, and fold when there are many; ids are in rising order."""
    if not ids:
        return
    rows = [(company_id, first, last) for first, last in _ranges(ids)]
    bulk_insert(session, table_of(ProfitFresh), ["company_id", "first_id", "last_id"], rows)
    waiting: dict[int, tuple[int, int]] = session.info["database"].info.setdefault(_WAITING, {})
    postings, changes = waiting.get(company_id, (LOOK_AFTER, 0))
    postings, changes = postings + 1, changes + len(ids)
    if postings > LOOK_AFTER or changes >= FOLD_AT:
        notes, changes = _fresh(session, company_id)
        if changes >= FOLD_AT or notes >= FOLD_NOTES_AT:
            fold_changes(session, company_id)
            changes = 0
        postings = 0
    waiting[company_id] = (postings, changes)


def fold_changes(session: Session, company_id: int) -> int:
    """Fold what is fresh into the sums and return how many changes were.

    Only one does so at a time; to the others it stays fresh.
    """
    if session.get_bind().dialect.name == "postgresql":
        lock = (
            "SELECT pg_try_advisory_xact_lock(hashtext('ledger_profit_sum'),"
            " CAST(:c % 2147483647 AS int))"
        )
        if not session.scalar(sa.text(lock), {"c": company_id}):
            return 0
    session.flush()
    # Into the hand, and not by a condition told twice: others may note more in between.
    taken: list[Any] = list(
        session.execute(
            sa.text(
                "DELETE FROM ledger_profit_fresh WHERE company_id = :c RETURNING first_id, last_id"
            ),
            {"c": company_id},
        ).all()
    )
    if taken:
        _fold(session, company_id, sorted((row[0], row[1]) for row in taken))
    return sum(row[1] - row[0] + 1 for row in taken)


def fold_all(session: Session, company_id: int) -> None:
    """Make the sums of a company anew from all its changes."""
    for table in ("ledger_profit_fresh", "ledger_profit_sum"):
        session.execute(sa.text(f"DELETE FROM {table} WHERE company_id = :c"), {"c": company_id})  # noqa: S608
    query = sa.text("SELECT MIN(id), MAX(id) FROM ledger_profit WHERE company_id = :c")
    first, last = session.execute(query, {"c": company_id}).one()
    if first is not None:
        _fold(session, company_id, [(first, last)])


def sums_of(cut: Cut, dialect: str, source: str) -> str:
    """Return the query of what changes come to by a cut; `source` follows its FROM."""
    keys = (cut.starts_on[dialect], cut.sku_id, cut.shop_id, cut.country)
    lines = ", ".join(f"SUM(p.{line})" for line in PROFIT_LINES)
    return (
        f"SELECT p.company_id, '{cut.name}', {', '.join(keys)}, COUNT(*), COUNT(p.order_id),"  # noqa: S608
        f" {lines} FROM {source} GROUP BY 1, 2, 3, 4, 5, 6"
    )


def _fold(session: Session, company_id: int, ranges: Sequence[_Range]) -> None:
    dialect = session.get_bind().dialect.name
    source, bound = _source(dialect, ranges)
    added = ", ".join(f"{name} = s.{name} + excluded.{name}" for name in MEASURES)
    key = "company_id, cut, starts_on, sku_id, shop_id, country"
    connection = session.connection()
    for cut in CUTS:
        connection.execute(
            sa.text(
                f"INSERT INTO ledger_profit_sum AS s ({key}, {', '.join(MEASURES)})"  # noqa: S608
                f" {sums_of(cut, dialect, source)} ORDER BY 3, 4, 5, 6"
                f" ON CONFLICT ({key}) DO UPDATE SET {added}"
            ),
            {"c": company_id, **bound},
        )


def _source(dialect: str, ranges: Sequence[_Range]) -> tuple[str, dict[str, Any]]:
    """Return the changes with ids in some ranges, to stand after FROM, and what is bound there."""
    if len(ranges) == 1:
        where = "ledger_profit p WHERE p.company_id = :c AND p.id BETWEEN :first AND :last"
        return where, {"first": ranges[0][0], "last": ranges[0][1]}
    within = "JOIN ledger_profit p ON p.company_id = :c AND p.id BETWEEN f.low AND f.high"
    if dialect == "sqlite":
        pairs = (
            "(SELECT json_extract(value, '$[0]') AS low, json_extract(value, '$[1]') AS high"
            " FROM json_each(:ranges)) f"
        )
        # Not "JOIN": SQLite would be free to turn the loops round.
        within = within.replace("JOIN", "CROSS JOIN")
        return f"{pairs} {within} WHERE 1", {"ranges": json.dumps(ranges)}
    lows, highs = zip(*ranges, strict=True)
    pairs = "unnest(CAST(:lows AS bigint[]), CAST(:highs AS bigint[])) AS f(low, high)"
    return f"{pairs} {within} WHERE true", {"lows": list(lows), "highs": list(highs)}


def _fresh(session: Session, company_id: int) -> _Range:
    """Return how many notes there are, and of how many changes."""
    query = sa.text(
        "SELECT COUNT(*), COALESCE(SUM(last_id - first_id + 1), 0) FROM ledger_profit_fresh"
        " WHERE company_id = :c"
    )
    notes, changes = session.connection().execute(query, {"c": company_id}).one()
    return notes, int(changes)


def _ranges(ids: Iterable[int]) -> list[_Range]:
    """Return the runs of ids that follow each other: in between are other writers' ids."""
    found: list[_Range] = []
    for each in ids:
        if found and found[-1][1] == each - 1:
            found[-1] = (found[-1][0], each)
        else:
            found.append((each, each))
    return found


_WAITING = "fresh changes of profit by company"
