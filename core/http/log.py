"""The log of requests: which, when, how long, with what answer; never what was sent.

Lines are kept in memory for a moment and written together, since a commit costs more than the
line. A process that dies takes the last lines with it; what it did is known by its effects.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core import clock
from core.http.models import HttpRequest
from core.ids import next_ids
from core.kernel.connections import ConnectionInfo
from core.kernel.database import KernelDatabase

log = logging.getLogger(__name__)

KEEP = timedelta(days=30)
LINES = 50
SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class LogLine:
    """One attempt at a request."""

    at: datetime
    operation: str
    method: str
    host: str
    path: str
    attempt: int
    status: int | None
    error: str
    milliseconds: int
    bytes_sent: int
    bytes_received: int
    request_ref: str
    vendor_ref: str


class RequestLog:
    """The lines of one client on their way into the database."""

    def __init__(self, db: KernelDatabase, connection: ConnectionInfo | None) -> None:
        self._db = db
        self._connection = connection
        self._lines: list[LogLine] = []
        self._since = time.monotonic()

    def add(self, line: LogLine) -> None:
        """Keep a line, and write all when there are many or they have waited long."""
        if self._connection is None:
            return
        self._lines.append(line)
        if len(self._lines) >= LINES or time.monotonic() - self._since > SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what is kept; a database that is away costs the lines, never the answers."""
        lines, self._lines = self._lines, []
        self._since = time.monotonic()
        if not lines or self._connection is None:
            return
        try:
            self._write(lines, self._connection)
        except SQLAlchemyError:
            log.exception("%s lines of the request log are lost", len(lines))

    def _write(self, lines: Sequence[LogLine], connection: ConnectionInfo) -> None:
        owner = {"company_id": connection.company_id, "connection_id": connection.id}
        with self._db.write() as session:
            ids = next_ids(session, len(lines))
            rows = [
                {**owner, "id": id_, **{name: getattr(line, name) for name in LogLine.__slots__}}
                for id_, line in zip(ids, lines, strict=True)
            ]
            session.execute(sa.insert(HttpRequest), rows)


def recent_requests(
    session: Session, connection: ConnectionInfo, *, limit: int = 100, failed: bool = False
) -> Sequence[HttpRequest]:
    """Return the latest requests of a connection, or only those that failed."""
    query = sa.select(HttpRequest).where(
        HttpRequest.company_id == connection.company_id,
        HttpRequest.connection_id == connection.id,
    )
    if failed:
        query = query.where(sa.or_(HttpRequest.status >= 400, HttpRequest.status.is_(None)))
    ordered = query.order_by(HttpRequest.at.desc(), HttpRequest.id.desc()).limit(limit)
    return session.scalars(ordered).all()


def purge_requests(session: Session, *, now: datetime | None = None) -> int:
    """Take away what is older than the log is kept; return how many lines."""
    old = HttpRequest.at < (now or clock.now()) - KEEP
    result: Any = session.execute(sa.delete(HttpRequest).where(old))
    return int(result.rowcount)
