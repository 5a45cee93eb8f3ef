"""Forms are done once: each sending claims its form before it acts, a second one finds it claimed.

A claim is committed before the act, so that of two at once only one goes on. It is given up when
the act was refused: what failed may be sent again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from core import clock
from core.identity.models import FormClaim

KEPT_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a form: `status` is None while its first sending is still at work."""

    status: int | None
    location: str | None


def claim_form(session: Session, key: str) -> bool:
    """Claim a form; False when another sending has. Claims of past weeks are forgotten."""
    now = clock.now()
    session.execute(sa.delete(FormClaim).where(FormClaim.claimed_at < now - KEPT_FOR))
    sqlite_here = session.get_bind().dialect.name == "sqlite"
    insert = (sqlite.insert if sqlite_here else postgresql.insert)(FormClaim)
    claimed = insert.values(key=key, claimed_at=now).on_conflict_do_nothing()
    return session.scalar(claimed.returning(FormClaim.key)) is not None


def outcome_of(session: Session, key: str) -> Outcome | None:
    """Return what came of a form, None when nobody claims it (any more)."""
    query = sa.select(FormClaim.status, FormClaim.location).where(FormClaim.key == key)
    row = session.execute(query).one_or_none()
    return None if row is None else Outcome(*row)


def keep_outcome(session: Session, key: str, outcome: Outcome) -> None:
    """Keep what came of a form, for whoever sends it again."""
    session.execute(
        sa.update(FormClaim)
        .where(FormClaim.key == key)
        .values(status=outcome.status, location=outcome.location)
    )


def give_up_claim(session: Session, key: str) -> None:
    """Let a form be sent again: it was refused, and nothing was done."""
    session.execute(sa.delete(FormClaim).where(FormClaim.key == key))
