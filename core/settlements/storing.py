"""Rows of a settlement as they were received, in the order of the file."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import table_of
from core.ids import next_ids
from core.prepared import Prepared
from core.prepared import among
from core.rows import bulk_insert
from core.settlements.models import Statement
from core.settlements.models import StatementRow
from core.settlements.staging import STAGED_COLUMNS
from core.settlements.staging import StagedRow

_STORED_MARKS = Prepared(
    sa.select(StatementRow.fingerprint, sa.func.count())
    .where(
        StatementRow.company_id == sa.bindparam("company"),
        StatementRow.statement_id == sa.bindparam("statement"),
        among(StatementRow.fingerprint, "marks"),
    )
    .group_by(StatementRow.fingerprint)
)


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


def insert_rows(session: Session, statement: Statement, staged: Sequence[StagedRow]) -> None:
    """Store the next rows of a statement; those that say the same are counted.

    The database is asked for the ones before: a file may be longer than what fits into memory.
    """
    company, whose = statement.company_id, statement.id
    marks = list({row[1] for row in staged})
    found = _STORED_MARKS.rows(session, company=company, statement=whose, marks=marks)
    met: dict[int, int] = dict(found)
    rows = []
    for new_id, (number, mark, *cells) in zip(next_ids(session, len(staged)), staged, strict=True):
        occurrence = met[mark] = met.get(mark, 0) + 1
        rows.append((company, new_id, whose, occurrence, number, mark, *cells))
    bulk_insert(session, table_of(StatementRow), _COLUMNS, rows)


_COLUMNS = ["company_id", "id", "statement_id", "occurrence", *STAGED_COLUMNS]
