"""What programs were answered: a request that comes again under its key gets the same answer.

The key is claimed before the act, in a transaction of its own, so that of two at once only one
acts. It is given up when the act was refused: then nothing was done.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from core import clock
from core.identity.models import ApiAnswer

KEPT_FOR = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Kept:
    """The request under a key, and its answer; `status` is None while it is at work."""

    request: str
    status: int | None
    body: str | None


def claim_answer(session: Session, key: str, request: str) -> Kept | None:
    """Claim a key for a request; return what is kept if it was claimed before."""
    now = clock.now()
    session.execute(sa.delete(ApiAnswer).where(ApiAnswer.claimed_at < now - KEPT_FOR))
    sqlite_here = session.get_bind().dialect.name == "sqlite"
    insert = (sqlite.insert if sqlite_here else postgresql.insert)(ApiAnswer)
    claimed = insert.values(key=key, request=request, claimed_at=now).on_conflict_do_nothing()
    if session.scalar(claimed.returning(ApiAnswer.key)) is not None:
        return None
    columns = (ApiAnswer.request, ApiAnswer.status, ApiAnswer.body)
    return Kept(*session.execute(sa.select(*columns).where(ApiAnswer.key == key)).one())


def keep_answer(session: Session, key: str, status: int, body: str) -> None:
    """Keep what was answered, for whoever asks again."""
    session.execute(
        sa.update(ApiAnswer).where(ApiAnswer.key == key).values(status=status, body=body)
    )


def give_up_answer(session: Session, key: str) -> None:
    """Let a key be used again: its request was refused."""
    session.execute(sa.delete(ApiAnswer).where(ApiAnswer.key == key))
