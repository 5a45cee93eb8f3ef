"""Saying who takes care of what needs a person, and putting it off until a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.attention.kinds import KINDS
from core.attention.models import AttentionMark
from core.errors import InputError
from core.errors import NotFound
from core.identity.deeds import deed
from core.identity.models import Membership
from core.identity.models import User


@dataclass(frozen=True, slots=True)
class Marked:
    """Who takes care, and until which day it is put off; empty where nobody said so."""

    user_id: int | None = None
    name: str = ""
    until_on: date | None = None
    number: int = 0

    def is_put_off(self, today: date, number: int) -> bool:
        """Say whether it rests: not on the day itself any more, nor when there is more of it."""
        return self.until_on is not None and today < self.until_on and number <= self.number


NOTHING_SAID = Marked()


def marks_of(session: Session, company_id: int) -> dict[str, Marked]:
    """Return what was said, by kind."""
    query = (
        sa.select(
            AttentionMark.kind,
            AttentionMark.user_id,
            User.name,
            AttentionMark.until_on,
            AttentionMark.number,
        )
        .outerjoin(User, User.id == AttentionMark.user_id)
        .where(AttentionMark.company_id == company_id)
    )
    return {
        row.kind: Marked(row.user_id, row.name or "", row.until_on, row.number)
        for row in session.execute(query)
    }


def colleagues(session: Session, company_id: int) -> list[tuple[int, str]]:
    """Return who may be asked to take care: the users of a company, by name."""
    query = (
        sa.select(User.id, User.name)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.company_id.in_((0, company_id)), User.disabled_at.is_(None))
        .distinct()
        .order_by(User.name)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def mark(
    session: Session,
    company_id: int,
    kind: str,
    *,
    user_id: int | None,
    until_on: date | None,
    number: int,
    today: date,
    by: str,
) -> None:
    """Say who takes care of a kind of things, and until when it is put off; None says neither.

    Raises: NotFound for a kind or a colleague that there is not, InputError for a day that is past.
    """
    if kind not in KINDS:
        raise NotFound(f"There is nothing like {kind!r} to take care of.")
    names = dict(colleagues(session, company_id))
    if user_id is not None and user_id not in names:
        raise NotFound("There is no such colleague in this company.")
    if until_on is not None and until_on <= today:
        raise InputError(f"{until_on} is not after today.", where="until")
    row = session.get(AttentionMark, (company_id, kind))
    with deed(session, company_id, "attention.marked", kind, by=by) as told:
        if row is None:
            row = AttentionMark(company_id=company_id, kind=kind)
            session.add(row)
        elif told is not None:
            told.before |= _said(names, row.user_id, row.until_on)
        row.user_id, row.until_on, row.number = user_id, until_on, number
        row.marked_at, row.marked_by = clock.now(), by
        session.flush()
        if told is not None:
            told.after |= _said(names, user_id, until_on)


def _said(names: dict[int, str], user_id: int | None, until_on: date | None) -> dict[str, object]:
    who = names.get(user_id, "") if user_id is not None else ""
    return {"user": who, "until": until_on.isoformat() if until_on else ""}
