"""Leases: a named right that one process at a time has, until it lets go or its time is up.

Time is the database's: PostgreSQL's own clock, and for SQLite the clock of the machine on which
all its processes run. A clock that is set back frees what was taken "later" than now, rather than
leaving it taken for hours. Whoever takes a right next gets a higher token, so the writes of a
former holder that was frozen meanwhile can be refused.
"""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from core import clock
from core.db import Database
from core.db import UtcDateTime
from core.errors import Conflict
from core.errors import LeaseLost
from core.kernel.models import Lease

POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Grant:
    """A right as one holder got it."""

    database: Database
    name: str
    holder: str
    seconds: float
    token: int

    def renew(self) -> None:
        """Have the right for as long again from now on.

        Raises: LeaseLost.
        """
        if not take(self.database, self.name, self.holder, self.seconds):
            raise _lost(self.name)
        with self.database.read() as session:
            if session.scalar(_mine(self)) is None:
                raise _lost(self.name)

    def require(self, session: Session) -> None:
        """Refuse the caller's transaction if somebody else has taken the right meanwhile.

        Nobody can take it any more until that transaction has ended.

        Raises: LeaseLost.
        """
        if session.scalar(_mine(self).with_for_update()) is None:
            raise _lost(self.name)


def moment(session: Session, *, after: float = 0.0) -> Any:
    """Return the database's present moment, some seconds later if wished, for a statement.

    On PostgreSQL it is read when the row is at hand, not when the transaction began: a statement
    that had to wait for another does not count the time before.
    """
    if session.get_bind().dialect.name == "postgresql":
        span = sa.literal(timedelta(seconds=after), sa.Interval())
        return sa.type_coerce(sa.func.clock_timestamp(type_=sa.DateTime()) + span, UtcDateTime())
    return sa.literal(clock.now() + timedelta(seconds=after), UtcDateTime())


def read_clock(session: Session) -> datetime:
    """Return the database's present moment."""
    if session.get_bind().dialect.name == "sqlite":
        return clock.now()
    now: datetime = session.execute(sa.select(moment(session))).scalar_one()
    return now


def take(db: Database, name: str, holder: str, seconds: float) -> bool:
    """Take a right if it is free, or have one's own for as long again; say whether that went.

    Not to be called while the caller's own transaction writes: on SQLite it would wait for itself.
    """
    with db.write() as session:
        return _take(session, name, holder, seconds) is not None


def release(db: Database, name: str, holder: str) -> None:
    """Let go of a right; one that somebody else has stays his."""
    with db.write() as session:
        session.execute(
            sa.update(Lease)
            .where(Lease.name == name, Lease.holder == holder)
            .values(holder=None, expires_at=None, renewed_at=None)
        )


@contextmanager
def held(
    db: Database, name: str, seconds: float, *, wait: float = 0.0, holder: str | None = None
) -> Iterator[Grant]:
    """Have a right for the block, waiting for it if wished; what takes longer renews it.

    Raises: Conflict when somebody else has it.
    """
    holder = holder or new_holder()
    grant = _await(db, name, holder, seconds, time.monotonic() + wait)
    try:
        yield grant
    finally:
        release(db, name, holder)


def new_holder() -> str:
    """Return a name for a holder that nobody else has: machine, process and a random part."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def _await(db: Database, name: str, holder: str, seconds: float, deadline: float) -> Grant:
    while True:
        with db.write() as session:
            token = _take(session, name, holder, seconds)
        if token is not None:
            return Grant(db, name, holder, seconds, token)
        if time.monotonic() >= deadline:
            raise Conflict(
                f"Another process is at work on {name}.", hint="Try again when it has finished."
            )
        time.sleep(POLL_SECONDS)


def _take(session: Session, name: str, holder: str, seconds: float) -> int | None:
    """Take a right and return its token, or None when somebody else has it."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    # On SQLite the time is read by us: not before it is our turn to write, or one who waited would
    # find what was taken meanwhile "later than now".
    session.connection()
    now, until = moment(session), moment(session, after=seconds)
    free = sa.or_(
        Lease.holder.is_(None),
        Lease.expires_at.is_(None),
        Lease.expires_at <= now,
        # Taken in the future: the clock has been set back since.
        Lease.renewed_at > now,
    )
    again = sa.and_(Lease.holder == holder, sa.not_(free))
    statement = insert(Lease).values(
        name=name, holder=holder, expires_at=until, renewed_at=now, token=1
    )
    taken = statement.on_conflict_do_update(
        index_elements=["name"],
        set_={
            "holder": holder,
            "expires_at": until,
            "renewed_at": now,
            "token": Lease.token + sa.case((again, 0), else_=1),
        },
        where=sa.or_(Lease.holder == holder, free),
    )
    token: int | None = session.scalar(taken.returning(Lease.token))
    return token


def _mine(grant: Grant) -> sa.Select[int]:
    return sa.select(Lease.token).where(
        Lease.name == grant.name, Lease.holder == grant.holder, Lease.token == grant.token
    )


def _lost(name: str) -> LeaseLost:
    return LeaseLost(
        f"{name} belongs to another process by now.", hint="Nothing was written; start again."
    )
