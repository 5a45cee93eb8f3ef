"""How many orders there are of each kind, state, exception and country: counted as they change.

Triggers keep the count, below every caller. On PostgreSQL each connection counts in rows of its
own (`slot`), so that no two writers wait for each other; a number is the sum over the slots.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from core.orders.models import Tally

NO_EXCEPTION = "none"
"""Asks for the orders that have no exception; empty means all."""

ACTS = ("insert", "update", "delete")
COUNTED = "company_id, kind, state, COALESCE(exception, '') AS exception, country"
KEY = "company_id, kind, state, exception, country, slot"
ADD = f"ON CONFLICT ({KEY}) DO UPDATE SET number = orders_tally.number + excluded.number"


def count_of(session: Session, company_id: int, conditions: Mapping[str, str]) -> int:
    """Return how many orders have some values; `exception` of `*` means any, `none` none."""
    query = sa.select(sa.func.coalesce(sa.func.sum(Tally.number), 0)).where(
        Tally.company_id == company_id
    )
    for name, value in conditions.items():
        column = getattr(Tally, name)
        if value == "*":
            query = query.where(column != "")
        else:
            query = query.where(column == ("" if value == NO_EXCEPTION else value))
    return int(session.scalar(query) or 0)


@dataclass(frozen=True, slots=True)
class Numbers:
    """All counts of a company at once, for pages that show many."""

    rows: Sequence[tuple[str, str, str, str, int]]

    def fitting(self, kind: str, state: str, country: str, exception: str) -> int:
        """Return how many orders have these values, as `count_of` does; an empty one means any."""
        return sum(
            row[4]
            for row in self.rows
            if (not kind or row[0] == kind)
            and (not state or row[1] == state)
            and (not country or row[3] == country)
            and _fits(row[2], exception)
        )


def _fits(found: str, wanted: str) -> bool:
    if wanted == "*":
        return found != ""
    return not wanted or found == ("" if wanted == NO_EXCEPTION else wanted)


def numbers_of(session: Session, company_id: int) -> Numbers:
    """Return all counts of a company."""
    key = (Tally.kind, Tally.state, Tally.exception, Tally.country)
    total = sa.func.sum(Tally.number)
    query = sa.select(*key, total).where(Tally.company_id == company_id).group_by(*key)
    rows = session.execute(query.having(total > 0))
    return Numbers([(row[0], row[1], row[2], row[3], int(row[4])) for row in rows])


def numbers_by(session: Session, company_id: int, column: str) -> dict[str, int]:
    """Return the number of orders by state, kind, country or exception, those above nothing."""
    chosen = getattr(Tally, column)
    total = sa.func.sum(Tally.number)
    query = (
        sa.select(chosen, total)
        .where(Tally.company_id == company_id)
        .group_by(chosen)
        .having(total > 0)
    )
    return {value: int(number) for value, number in session.execute(query)}


def fold(session: Session) -> None:
    """Add up what connections that are gone have counted; SQLite has but one slot."""
    if session.get_bind().dialect.name == "sqlite":
        return
    session.execute(
        sa.text(
            "WITH gone AS (DELETE FROM orders_tally WHERE slot <> 0 AND slot NOT IN"  # noqa: S608
            " (SELECT pid FROM pg_stat_activity) RETURNING *)"
            f" INSERT INTO orders_tally ({KEY}, number)"
            " SELECT company_id, kind, state, exception, country, 0, SUM(number) FROM gone"
            f" GROUP BY 1, 2, 3, 4, 5 {ADD}"
        )
    )


def create_tallies(connection: Connection) -> None:
    """Make the triggers that are missing."""
    missing = missing_tallies(connection)
    if connection.dialect.name == "sqlite":
        for name in missing:
            connection.exec_driver_sql(_on_sqlite(name.rpartition("_")[2]))
    elif missing:
        for act in ACTS:
            for statement in _on_postgresql(act):
                connection.exec_driver_sql(statement)


def missing_tallies(connection: Connection) -> list[str]:
    """Return the names of the triggers that the database lacks."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.dialect.name == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    present = set(connection.execute(sa.text(query)).scalars())
    return [name for act in ACTS if (name := f"orders_tally_{act}") not in present]


def _on_sqlite(act: str) -> str:
    body = "".join(
        f"INSERT INTO orders_tally ({KEY}, number) VALUES ({row}.company_id, {row}.kind,"  # noqa: S608
        f" {row}.state, COALESCE({row}.exception, ''), {row}.country, 0, {number}) {ADD};"
        for row, number in (("old", -1), ("new", 1))
        if not (act == "insert" and row == "old") and not (act == "delete" and row == "new")
    )
    event = act.upper() + (" OF kind, state, exception, country" if act == "update" else "")
    return f"CREATE TRIGGER orders_tally_{act} AFTER {event} ON orders_order BEGIN {body} END"


def _on_postgresql(act: str) -> list[str]:
    parts = {"insert": ("fresh",), "update": ("fresh", "stale"), "delete": ("stale",)}[act]
    rows = " UNION ALL ".join(
        f"SELECT {COUNTED}, {1 if part == 'fresh' else -1} AS number FROM {part}"  # noqa: S608
        for part in parts
    )
    tables = " ".join(f"{'NEW' if part == 'fresh' else 'OLD'} TABLE AS {part}" for part in parts)
    return [
        f"CREATE OR REPLACE FUNCTION orders_tally_{act}() RETURNS trigger LANGUAGE plpgsql AS $$"  # noqa: S608
        f" BEGIN INSERT INTO orders_tally ({KEY}, number)"
        " SELECT company_id, kind, state, exception, country, pg_backend_pid(), SUM(number)"
        f" FROM ({rows}) each GROUP BY company_id, kind, state, exception, country"
        f" HAVING SUM(number) <> 0 {ADD}; RETURN NULL; END $$",
        f"CREATE OR REPLACE TRIGGER orders_tally_{act} AFTER {act.upper()} ON orders_order"
        f" REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION orders_tally_{act}()",
    ]
