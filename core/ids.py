"""Ids that PostgreSQL hands out by the thousand, given on one by one within this process."""

from __future__ import annotations

import threading

from sqlalchemy.orm import Session

from core.driver import held_by
from core.driver import rows_from

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
