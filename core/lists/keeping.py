"""Keeping views of lists, and what a user prefers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.ids import next_id
from core.lists.kinds import LONGEST
from core.lists.models import Preference
from core.lists.models import View

LONGEST_NAME = 40
MOST_VIEWS = 30
"""Of one user and one list; more would be tabs that nobody finds his way among."""


@dataclass(frozen=True, slots=True)
class SavedView:
    """A view as it is offered to a user; `own` ones he may rename and take away."""

    id: int
    name: str
    query: str
    shared: bool
    own: bool


def views_of(session: Session, company_id: int, name: str, user_id: int) -> Sequence[SavedView]:
    """Return the views of a list that a user finds: his own, and those that others share."""
    query = (
        sa.select(View.id, View.name, View.query, View.shared, View.user_id)
        .where(View.company_id == company_id, View.list == name)
        .where(sa.or_(View.user_id == user_id, View.shared))
        .order_by(View.name, View.id)
    )
    return [
        SavedView(row.id, row.name, row.query, row.shared, row.user_id == user_id)
        for row in session.execute(query)
    ]


def save_view(
    session: Session,
    company_id: int,
    user_id: int,
    list_name: str,
    name: str,
    query: str,
    *,
    shared: bool,
) -> int:
    """Save a view of a list; return its id.

    Raises: InputError for a name that is empty or too long, Conflict for one that is taken, and
    where there are too many.
    """
    mine = sa.select(View.name).where(
        View.company_id == company_id, View.list == list_name, View.user_id == user_id
    )
    taken = set(session.scalars(mine))
    if len(taken) >= MOST_VIEWS:
        raise Conflict(f"There are {MOST_VIEWS} views already.", hint="Take one away first.")
    row = View(
        company_id=company_id,
        id=next_id(session),
        list=list_name,
        user_id=user_id,
        name=_checked_name(name, taken),
        query=_checked_query(query),
        shared=shared,
        made_at=clock.now(),
    )
    session.add(row)
    session.flush()
    return row.id


def change_view(
    session: Session, company_id: int, user_id: int, view_id: int, name: str, *, shared: bool
) -> None:
    """Give an own view another name, and share it or not.

    Raises: NotFound for one that is not the user's, InputError and Conflict for its name.
    """
    row = own_view(session, company_id, user_id, view_id)
    others = sa.select(View.name).where(
        View.company_id == company_id,
        View.list == row.list,
        View.user_id == user_id,
        View.id != view_id,
    )
    row.name, row.shared = _checked_name(name, set(session.scalars(others))), shared
    session.flush()


def take_view_away(session: Session, company_id: int, user_id: int, view_id: int) -> SavedView:
    """Take an own view away; return what it was.

    Raises: NotFound for one that is not the user's.
    """
    row = own_view(session, company_id, user_id, view_id)
    was = SavedView(row.id, row.name, row.query, row.shared, own=True)
    session.delete(row)
    session.flush()
    return was


def own_view(session: Session, company_id: int, user_id: int, view_id: int) -> View:
    """Return a view of the user's own.

    Raises: NotFound.
    """
    row = session.get(View, (company_id, view_id))
    if row is None or row.user_id != user_id:
        raise NotFound("There is no such view.", hint="Perhaps it was taken away meanwhile.")
    return row


def preference(session: Session, user_id: int, name: str) -> Any:
    """Return what a user prefers, None where he never said."""
    query = sa.select(Preference.value).where(
        Preference.user_id == user_id, Preference.name == name
    )
    return session.scalar(query)


def prefer(session: Session, user_id: int, name: str, value: Any) -> None:
    """Keep what a user prefers; None forgets it."""
    row = session.get(Preference, (user_id, name))
    if row is not None and value is None:
        session.delete(row)
    elif row is not None:
        row.value = value
    elif value is not None:
        session.add(Preference(user_id=user_id, name=name, value=value))
    session.flush()


def _checked_name(name: str, taken: set[str]) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise InputError(f"a view has a name of 1 to {LONGEST_NAME} characters.", where="name")
    if name in taken:
        raise Conflict(f"There is a view {name!r} already.", hint="Choose another name.")
    return name


def _checked_query(query: str) -> str:
    if len(query) > LONGEST:
        raise InputError("the filters of a view are too long.", where="query")
    return query
