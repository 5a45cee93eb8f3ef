"""Numbers without gaps: each is given in the transaction that stores its invoice.

The row of the series stays locked until that transaction ends. If it fails, or its process is
killed, the number was never given, and the next invoice takes it.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from core.invoicing.models import Invoice
from core.invoicing.models import Series


def next_number(session: Session, company_id: int, series: str) -> int:
    """Give the next number of a series; a series that is new begins with 1."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = (
        insert(Series)
        .values(company_id=company_id, series=series, last=1)
        .on_conflict_do_update(
            index_elements=[Series.company_id, Series.series], set_={"last": Series.last + 1}
        )
        .returning(Series.last)
    )
    return int(session.execute(statement).scalar_one())


def gaps_in(session: Session, company_id: int) -> list[str]:
    """Return the series whose numbers are not 1 to the last one, each once."""
    count = sa.func.count(Invoice.id)
    query = (
        sa.select(Series.series, Series.last, count)
        .outerjoin(
            Invoice,
            (Invoice.company_id == Series.company_id) & (Invoice.series == Series.series),
        )
        .where(Series.company_id == company_id)
        .group_by(Series.series, Series.last)
        .having((count != Series.last) | (sa.func.max(Invoice.number) != Series.last))
    )
    return [row[0] for row in session.execute(query)]
