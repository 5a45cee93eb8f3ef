"""New ids: PostgreSQL hands them out by the thousand, SQLite counts them in one row."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from core.driver import held_by
from core.driver import rows_from

if TYPE_CHECKING:
    from core.db import Database

ID_BLOCK = 1000
ID_SEQUENCE = "kernel_id"
MOST_AHEAD = 50 * ID_BLOCK

_TAKEN = "ids taken"


class PostgresIds:
    """Blocks of ids taken from a sequence, handed out within this process.

    Who asks for some gets as many fetched as the last transaction took: to fetch more in the midst
    of a batch would be to wait for all that the batch has sent.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free: list[range] = []
        self._usual = 0

    def take(self, session: Session, count: int) -> list[int]:
        """Return so many ids in rising order."""
        taken = session.info.get(_TAKEN, 0)
        session.info[_TAKEN] = taken + count
        with self._lock:
            missing = count - sum(len(block) for block in self._free)
            if missing > 0:
                ahead = min(self._usual - taken - count, MOST_AHEAD)
                self._fetch(session, missing + max(ahead, 0))
            return self._pop(count)

    def note_taken(self, session: Session) -> None:
        """Remember how many ids a transaction took: the next one will take about as many."""
        if taken := session.info.get(_TAKEN, 0):
            self._usual = taken

    def _fetch(self, session: Session, count: int) -> None:
        query = f"SELECT nextval('{ID_SEQUENCE}') FROM generate_series(1, %s)"  # noqa: S608
        ends = rows_from(held_by(session), query, (-(-count // ID_BLOCK),))
        self._free += [range(end, end + ID_BLOCK) for (end,) in ends]

    def _pop(self, count: int) -> list[int]:
        ids: list[int] = []
        while len(ids) < count:
            block = self._free[0]
            part = block[: count - len(ids)]
            ids += part
            if len(part) == len(block):
                self._free.pop(0)
            else:
                self._free[0] = block[len(part) :]
        return ids


def next_ids(session: Session, count: int) -> list[int]:
    """Return new ids in rising order; never business keys, gaps are normal."""
    database: Database = session.info["database"]
    if database.dialect == "postgresql":
        return database._ids.take(session, count)
    # One writer at a time holds SQLite: the counter lives in the session until its commit.
    first = session.info.get("next_id")
    if first is None:
        (first,) = held_by(session).driver.execute("SELECT next FROM kernel_sequence").fetchone()
    session.info["next_id"] = first + count
    return list(range(first, first + count))


def next_id(session: Session) -> int:
    """Return one new id."""
    return next_ids(session, 1)[0]


def id_stream(session: Session, most: int = 250) -> Iterator[int]:
    """Yield new ids for as long as they are asked for, in blocks that grow with the demand."""
    block = 10
    while True:
        yield from next_ids(session, block)
        block = min(2 * block, most)


def store_next_id(session: Session) -> None:
    """Write SQLite's counter of ids back, before the commit."""
    if (value := session.info.pop("next_id", None)) is not None:
        held_by(session).driver.execute("UPDATE kernel_sequence SET next = ?", (value,))
