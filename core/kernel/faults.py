"""Fault records: what an addon did wrong, where, how often.

A fault is written after the caller's transaction has ended, in a transaction of its own: it must
outlive a rollback, and on SQLite a second writer inside the first would wait for itself.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from typing import cast

from sqlalchemy import func
from sqlalchemy import select
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core import clock
from core.db import Database
from core.ids import next_id
from core.kernel.models import Fault

if TYPE_CHECKING:
    from core.kernel.kernel import Kernel

log = logging.getLogger(__name__)

# What may come out of an addon's code: a library's `sys.exit` as well as any exception.
BOUNDARY = (Exception, SystemExit)

MAX_TEXT = 8000

# Places outside of hooks and views; one fault there is enough for the quarantine.
IMPORT = "import"
MIGRATION = "migration"


@dataclass(frozen=True)
class FaultRecord:
    """One failure of an addon, not yet written."""

    addon: str
    place: str
    error: str
    message: str
    traceback: str
    at: datetime


# None: no transaction is open here, faults are written at once.
_waiting: ContextVar[list[FaultRecord] | None] = ContextVar("entrepot_faults", default=None)


@contextmanager
def deferred(database: Database) -> Iterator[None]:
    """Hold faults back until the block (a transaction) has ended, then write them."""
    if _waiting.get() is not None:
        yield
        return
    waiting: list[FaultRecord] = []
    token = _waiting.set(waiting)
    try:
        yield
    finally:
        _waiting.reset(token)
        _store(database, waiting)


def record(
    kernel: Kernel | None, addon: str, place: str, error: BaseException, *, counted: bool = True
) -> None:
    """Record a failure of an addon; it is written as soon as no transaction is open.

    What is not `counted` does not bring the addon nearer to its quarantine.
    """
    log.error("%s failed in %s", addon, place, exc_info=error)
    if kernel is None:
        return
    if counted:
        kernel.tally.failed(addon)
    fault = FaultRecord(
        addon=addon,
        place=place,
        error=type(error).__name__,
        message=_message(error)[:MAX_TEXT],
        traceback="".join(traceback.format_tb(error.__traceback__))[-MAX_TEXT:],
        at=clock.now(),
    )
    waiting = _waiting.get()
    if waiting is None:
        _store(kernel.db, [fault])
    else:
        waiting.append(fault)


def transaction_open() -> bool:
    """Say whether a session of a kernel is open here: then nothing may wait for the network."""
    return _waiting.get() is not None


def recorded(session: Session, addon: str | None = None) -> Sequence[Fault]:
    """Return the faults on record, the latest first."""
    query = select(Fault).order_by(Fault.last_at.desc(), Fault.id.desc())
    return session.scalars(query if addon is None else query.where(Fault.addon == addon)).all()


def counted(session: Session) -> dict[str, int]:
    """Return how often each addon failed, of those that did."""
    number = func.sum(Fault.count)
    query = select(Fault.addon, number).group_by(Fault.addon)
    return {row[0]: int(row[1]) for row in session.execute(query)}


def _message(error: BaseException) -> str:
    # The database driver's own words: SQLAlchemy would add the row's values, which may be personal.
    shown = error.orig if isinstance(error, DBAPIError) else error
    try:
        return str(shown)
    except BOUNDARY:
        return "(an error whose message cannot be shown)"


def _store(database: Database, faults: Sequence[FaultRecord]) -> None:
    if not faults:
        return
    kernel = cast("Kernel | None", database.info.get("kernel"))
    try:
        with database.write() as session:
            for fault in faults:
                _upsert(session, fault)
            if kernel is not None:
                kernel.isolate(session, {(fault.addon, fault.place) for fault in faults})
    except SQLAlchemyError:
        # The act itself is done; losing the record of a fault must not undo or fail it.
        log.exception("could not record faults of %s", ", ".join({f.addon for f in faults}))
        return
    if kernel is not None:
        kernel.refresh()


def _upsert(session: Session, fault: FaultRecord) -> None:
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(Fault).values(
        id=next_id(session),
        addon=fault.addon,
        place=fault.place,
        error=fault.error,
        message=fault.message,
        traceback=fault.traceback,
        count=1,
        first_at=fault.at,
        last_at=fault.at,
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["addon", "place", "error"],
            set_={
                "count": Fault.count + 1,
                "last_at": statement.excluded.last_at,
                "message": statement.excluded.message,
                "traceback": statement.excluded.traceback,
            },
        )
    )
