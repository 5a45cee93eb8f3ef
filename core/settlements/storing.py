"""Rows of a settlement as they were received, in the order of the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import bulk_insert
from core.db import next_ids
from core.db import table_of
from core.db import utc_text
from core.settlements.facts import StatementLine
from core.settlements.models import Statement
from core.settlements.models import StatementRow
from core.settlements.surveying import Days

Numbered = tuple[StatementLine, int, int]
"""A line with its fingerprint, and which one of those that say the same it is."""


class Numbering:
    """Counts lines that say the same, so that each has a name of its own."""

    def __init__(self) -> None:
        self._met: Counter[int] = Counter()
        self.seen = 0

    def of(self, lines: Iterable[StatementLine], *, behind: int) -> list[Numbered]:
        """Return lines with their names, without the first ones, which are stored already."""
        rows = []
        for line in lines:
            mark = line.fingerprint
            self._met[mark] += 1
            self.seen += 1
            if self.seen > behind:
                rows.append((line, mark, self._met[mark]))
        return rows


def stored_rows(session: Session, statement: Statement) -> int:
    """Return how many rows of a statement are stored."""
    query = (
        sa.select(sa.func.count())
        .select_from(StatementRow)
        .where(
            StatementRow.company_id == statement.company_id,
            StatementRow.statement_id == statement.id,
        )
    )
    return session.scalar(query) or 0


def insert_rows(
    session: Session, statement: Statement, rows: Sequence[Numbered], days: Days
) -> None:
    """Store rows of a statement."""
    ids: Iterator[int] = iter(next_ids(session, len(rows)))
    bulk_insert(
        session,
        table_of(StatementRow),
        ROW_COLUMNS,
        [
            (statement.company_id, next(ids), statement.id, line.line_number, mark, occurrence)
            + tuple(line.code)
            + (line.amount, utc_text(line.posted_at), days.of(line).isoformat())
            + (line.order_ref, line.item_ref, line.sku, line.shipment_ref, line.marketplace)
            + (line.quantity, _flag(session, line.deferred), line.payload)
            for line, mark, occurrence in rows
        ],
    )


def _flag(session: Session, value: bool) -> object:
    return int(value) if session.get_bind().dialect.name == "sqlite" else value


ROW_COLUMNS = (
    "company_id id statement_id line_number fingerprint occurrence kind code_group name amount"
    " posted_at posted_on order_ref item_ref sku shipment_ref marketplace quantity deferred payload"
).split()
