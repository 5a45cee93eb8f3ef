"""What was done to a piece of work, by whom and why."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.identity.deeds import say
from core.ids import next_id
from core.warehousing.models import WorkEvent

SHOWN = 100


def note(
    session: Session,
    company_id: int,
    subject: str,
    subject_id: int,
    kind: str,
    actor: str,
    **detail: object,
) -> None:
    """Add a step, and say it in the audit trail; a text that somebody typed stands here alone."""
    told = {name: value for name, value in detail.items() if name != "text"}
    place = f"{subject}:{subject_id}"
    say(session, company_id, f"{subject}.{kind}", place, after=told, by=actor)
    session.add(
        WorkEvent(
            company_id=company_id,
            id=next_id(session),
            subject=subject,
            subject_id=subject_id,
            happened_at=clock.now(),
            actor=actor,
            kind=kind,
            detail=detail,
        )
    )
    session.flush()


def steps(session: Session, company_id: int, subject: str, subject_id: int) -> Sequence[WorkEvent]:
    """Return the steps of a piece of work, the latest first."""
    query = (
        sa.select(WorkEvent)
        .where(
            WorkEvent.company_id == company_id,
            WorkEvent.subject == subject,
            WorkEvent.subject_id == subject_id,
        )
        .order_by(WorkEvent.id.desc())
        .limit(SHOWN)
    )
    return session.scalars(query).all()
