"""Rows of a file that were set aside, as a CSV to correct: their columns as they came, and why."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

from core.channels.models import Import
from core.channels.models import RawRow
from core.db import Database
from core.ledger.report_files import csv_cell
from core.web.import_rows import cells_of
from core.web.import_rows import masked
from core.web.import_rows import rows_set_aside

BATCH = 1000
OWN = ("Line", "Reason")


def failed_rows(db: Database, company_id: int, file: Import, *, plain: bool) -> Iterator[str]:
    """Yield a CSV file in parts: line, reason, and the cells as received without formulas.

    Without `plain` the cells are masked.
    """
    header = list(file.header)
    yield "\ufeff" + _text([[*OWN, *header]])
    after = 0
    while rows := _next(db, company_id, file.id, after):
        yield _text(_row(row, header, plain=plain) for row in rows)
        after = rows[-1].id


def _next(db: Database, company_id: int, import_id: int, after: int) -> Sequence[Any]:
    query = rows_set_aside(company_id, import_id).where(RawRow.id > after)
    with db.read() as session:
        return session.execute(query.order_by(RawRow.id).limit(BATCH)).all()


def _row(row: Any, header: Sequence[str], *, plain: bool) -> list[object]:
    cells = cells_of(row.payload, header)
    shown = cells if plain else masked(cells)
    return [row.line_number, row.reason, *(each.value for each in shown)]


def _text(rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([csv_cell(cell) for cell in row] for row in rows)
    return out.getvalue()
