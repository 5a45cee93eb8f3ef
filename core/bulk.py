"""PostgreSQL's bulk path: rows are copied in, and the planner's statistics keep up with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

_INSERTED = "rows inserted by table"
_STAGING = "staging tables present"
_FILLED = "staging tables filled"


def copy_rows(
    session: Session, cursor: Any, table: sa.Table, names: str, rows: Sequence[Sequence[object]]
) -> None:
    """Copy rows into a temporary table and insert them from there: COPY obeys no row security."""
    staging = _staging(session, cursor, table)
    with cursor.copy(f"COPY {staging} ({names}) FROM STDIN") as copy:
        write = copy.write_row
        for row in rows:
            write(row)
    cursor.execute(f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {staging}")  # noqa: S608
    session.info.setdefault(_INSERTED, Counter())[table.name] += len(rows)


def _staging(session: Session, cursor: Any, table: sa.Table) -> str:
    """Return an empty temporary table like another; it is emptied again by the commit."""
    name = f"copy_{table.name}"
    info = session.info
    if (present := info.get(_STAGING)) is None:
        cursor.execute("SELECT relname FROM pg_class WHERE relnamespace = pg_my_temp_schema()")
        present = info[_STAGING] = {row[0] for row in cursor.fetchall()}
        info[_FILLED] = set()
    if name not in present:
        cursor.execute(
            f"CREATE TEMP TABLE IF NOT EXISTS {name} ON COMMIT DELETE ROWS"  # noqa: S608
            f" AS SELECT * FROM {table.name} WITH NO DATA"
        )
        # Undoing a savepoint takes the table away again: there it is asked for each time.
        if not session.in_nested_transaction():
            present.add(name)
    if name in info[_FILLED]:
        cursor.execute(f"TRUNCATE {name}")
    info[_FILLED].add(name)
    return name


class Statistics:
    """When PostgreSQL's planner should look again at the tables that this process fills.

    A plan made while a table was small walks a whole index for each row that refers to it: an
    import into an empty database slows down with every batch, until autovacuum comes by. So a
    table is analysed when this process has put 100 rows into it, and whenever they are four times
    as many again.
    """

    first, growth = 100, 4

    def __init__(self) -> None:
        self._rows: Counter[str] = Counter()
        self._next: dict[str, int] = {}

    def refresh(self, engine: Engine, session: Session) -> None:
        """Analyse the tables that have grown, after the session's commit."""
        inserted: Counter[str] = session.info.pop(_INSERTED, Counter())
        self._rows += inserted
        due = [name for name in inserted if self._rows[name] >= self._next.get(name, self.first)]
        if not due:
            return
        for name in due:
            self._next[name] = self._rows[name] * self.growth
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql(f"ANALYZE {', '.join(sorted(due))}")
