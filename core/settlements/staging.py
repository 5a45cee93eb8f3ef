"""Staging: a settlement is read once, added up, and kept on a spool as its rows will be stored.

A file that turns out bad in its last line has changed nothing, and it need not be read again. Rows
are packed many together, so that the memory they take does not depend on how many there are.
"""

from __future__ import annotations

import marshal
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from datetime import date
from types import TracebackType
from typing import IO
from typing import Any

from core.db import utc_text
from core.settlements.days import Days
from core.settlements.facts import StatementFile
from core.settlements.facts import StatementLine

STAGED_ROWS = 3000
"""So many rows are packed together, and stored by one transaction."""

StagedRow = tuple[Any, ...]
"""The cells of a row from its line number on, as they are stored; see `STAGED_COLUMNS`."""

STAGED_COLUMNS = (
    "line_number fingerprint kind code_group name amount posted_at posted_on order_ref item_ref sku"
    " shipment_ref marketplace quantity deferred payload"
).split()


@dataclass(slots=True)
class Survey:
    """What a settlement adds up to, and where its rows stand on the spool."""

    file: StatementFile
    count: int = 0
    total: int = 0
    last_on: date = date.min
    places: list[tuple[int, int]] = field(default_factory=list)


class Spool:
    """The rows of the settlements of one file, in a file of this process without a name."""

    def __init__(self) -> None:
        # Closed by __exit__: it lives as long as the import.
        self._file: IO[bytes] = tempfile.TemporaryFile(prefix="entrepot-")  # noqa: SIM115

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def survey(self, file: StatementFile, days: Days) -> Survey:
        """Read a settlement, add it up and keep it; what is not released belongs to no sum."""
        found = Survey(file)
        rows: list[StagedRow] = []
        for line in file.lines():
            day = days.of(line)
            found.count += 1
            if not line.deferred:
                found.total += line.amount
            found.last_on = max(found.last_on, day)
            rows.append(_cells(line, day))
            if len(rows) == STAGED_ROWS:
                found.places.append(self._put(rows))
                rows = []
        if rows:
            found.places.append(self._put(rows))
        if not found.count:
            found.last_on = days.at(file.facts.ended_at)
        return found

    def _put(self, rows: list[StagedRow]) -> tuple[int, int]:
        place = self._file.tell()
        return place, self._file.write(marshal.dumps(rows))

    def rows(self, found: Survey, *, behind: int) -> Iterator[list[StagedRow]]:
        """Yield the rows of a settlement many at a time, without the first ones."""
        for place, size in found.places:
            self._file.seek(place)
            # Our own file, which has no name: nobody else can have written it.
            rows: list[StagedRow] = marshal.loads(self._file.read(size))  # noqa: S302
            if behind < len(rows):
                yield rows[behind:] if behind else rows
            behind = max(behind - len(rows), 0)


def _cells(line: StatementLine, day: date) -> StagedRow:
    return (
        line.line_number,
        line.fingerprint,
        *line.code,
        line.amount,
        utc_text(line.posted_at),
        day.isoformat(),
        line.order_ref,
        line.item_ref,
        line.sku,
        line.shipment_ref,
        line.marketplace,
        line.quantity,
        int(line.deferred),
        line.payload,
    )
