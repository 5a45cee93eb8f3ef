"""Deeds: what somebody asked for, said once in the audit trail, however many services it takes.

A service opens a deed around its work, or says it when it is done; a deed within another one is a
part of that and says nothing of its own. Long lists are told by their number: the trail says who
did what, the rows themselves say the rest.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from dataclasses import field

from sqlalchemy.orm import Session

from core.identity.actor import current_actor
from core.identity.audit import audit

MOST_LISTED = 50

Facts = Mapping[str, object]

_within: ContextVar[bool] = ContextVar("entrepot_within_deed", default=False)


@dataclass(slots=True)
class Deed:
    """What will be said of a deed: who does it fills in how it was, and what came of it."""

    subject: str
    before: dict[str, object] = field(default_factory=dict)
    after: dict[str, object] = field(default_factory=dict)


@contextmanager
def deed(
    session: Session, company_id: int, action: str, subject: str, *, by: str = ""
) -> Iterator[Deed | None]:
    """Say a deed when its block is done; None within another one, and nothing when it fails.

    `by` is the program that acts where nobody is signed in.
    """
    if _within.get():
        yield None
        return
    told = Deed(subject)
    with part_of_another():
        yield told
    say(session, company_id, action, told.subject, before=told.before, after=told.after, by=by)


def say(
    session: Session,
    company_id: int,
    action: str,
    subject: str,
    *,
    before: Facts | None = None,
    after: Facts | None = None,
    by: str = "",
) -> None:
    """Say a deed that is done, unless it was a part of another one."""
    if _within.get():
        return
    what = dict(after or {})
    if by and not current_actor().name:
        what["by"] = by
    audit(
        session, action, subject, before=_brief(before), after=_brief(what), company_id=company_id
    )


@contextmanager
def part_of_another() -> Iterator[None]:
    """Let services work on behalf of what is said elsewhere: another deed, or a rule's decision."""
    token = _within.set(True)
    try:
        yield
    finally:
        _within.reset(token)


def _brief(facts: Facts | None) -> dict[str, object] | None:
    """Return facts with the number of entries in place of each long list; None for no facts."""
    found: dict[str, object] = {}
    for name, value in (facts or {}).items():
        if isinstance(value, Collection) and not isinstance(value, str):
            found[name] = len(value) if len(value) > MOST_LISTED else value
        else:
            found[name] = value
    return found or None
