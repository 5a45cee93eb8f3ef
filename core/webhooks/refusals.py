"""How many webhooks were refused: of a refused one nothing else is kept.

Counted in memory and written once a minute, so that a flood of forgeries is no flood of writes.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from core import clock
from core.kernel.database import KernelDatabase
from core.webhooks.models import Refusal

WRITE_EVERY = 60.0


class Refusals:
    """The refusals that this process has seen and not yet written."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, int]] = Counter()
        self._written = now()

    def count(self, db: KernelDatabase, addon: str, connection_id: int) -> None:
        """Count a refusal; 0 stands for every connection that does not exist."""
        with self._lock:
            self._counts[addon, connection_id] += 1
            if self._now() - self._written < WRITE_EVERY:
                return
            counts, self._counts = self._counts, Counter()
            self._written = self._now()
        self._write(db, counts)

    def flush(self, db: KernelDatabase) -> None:
        """Write what was counted."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        self._write(db, counts)

    def _write(self, db: KernelDatabase, counts: Counter[tuple[str, int]]) -> None:
        if not counts:
            return
        with db.write() as session:
            add_refusals(session, counts)


def add_refusals(session: Session, counts: Counter[tuple[str, int]]) -> None:
    """Add to the counts of this day."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    day = clock.now().date()
    rows = [
        {"addon": addon, "connection_id": connection, "day": day, "count": count}
        for (addon, connection), count in sorted(counts.items())
    ]
    statement = insert(Refusal)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["addon", "connection_id", "day"],
            set_={"count": Refusal.count + statement.excluded.count},
        ),
        rows,
    )


def refused_since(session: Session, connection_id: int, days: int = 7) -> int:
    """Return how many webhooks of a connection were refused in the last days."""
    first = clock.now().date() - timedelta(days=days - 1)
    query = sa.select(sa.func.sum(Refusal.count)).where(
        Refusal.connection_id == connection_id, Refusal.day >= first
    )
    return int(session.scalar(query) or 0)


refusals = Refusals()
