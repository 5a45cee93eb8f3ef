"""Whose rights somebody may change: administration of users ends where his companies end."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import Conflict
from core.errors import NotFound
from core.errors import Veto
from core.identity.actor import HOUSE
from core.identity.actor import current_actor
from core.identity.models import Membership
from core.identity.models import User
from core.identity.permissions import OWNER
from core.identity.rights import rights_of


def reach(session: Session, permission: str = "users.manage") -> frozenset[int] | None:
    """Return the companies in which who acts has a permission, 0 for all; None: the operator."""
    actor = current_actor()
    if actor.permissions is None:
        return None
    if actor.user_id is None:
        return frozenset()
    if actor.kind == "token":  # it holds in one company, and for its scopes
        return frozenset({actor.company_id} if actor.may(permission) else ())
    rights = rights_of(session, actor.user_id)
    companies = [HOUSE, *(company.id for company in rights.companies)]
    return frozenset(each for each in companies if permission in rights.permissions(each))


def reaches_house(session: Session, permission: str) -> bool:
    """Say whether who acts has a permission for the installation as a whole."""
    mine = reach(session, permission)
    return mine is None or HOUSE in mine


def find_user(session: Session, user_id: int, permission: str = "users.manage") -> User:
    """Return a user whom who acts may manage.

    Raises: NotFound when there is none, or he belongs to other companies only; Veto when he also
    belongs to one where who acts has no say.
    """
    user = session.get(User, user_id)
    mine = reach(session, permission)
    if user is None:
        raise NotFound("There is no such user.")
    if mine is None:
        return user
    theirs = set(companies_of(session, user_id))
    if not theirs & mine and HOUSE not in mine:
        raise NotFound("There is no such user.")
    if permission == "users.manage" and HOUSE not in mine and not theirs <= mine:
        raise Veto(
            f"{user.name} also works for a company that is not yours.",
            hint="The owner of the installation can change his account.",
        )
    return user


def require_reach(session: Session, company_id: int) -> None:
    """Refuse to give or take roles in a company where who acts may not.

    Raises: NotFound.
    """
    mine = reach(session)
    if mine is not None and company_id not in mine and HOUSE not in mine:
        raise NotFound("There is no such company.")


def companies_of(session: Session, user_id: int) -> Sequence[int]:
    """Return the companies in which a user has a role."""
    query = sa.select(Membership.company_id).where(Membership.user_id == user_id).distinct()
    return session.scalars(query).all()


def require_another_owner(session: Session, user_id: int) -> None:
    """Refuse what would leave the installation without an owner who can sign in.

    Raises: Conflict.
    """
    others = sa.select(User.id).join(Membership, Membership.user_id == User.id)
    others = others.where(
        Membership.company_id == HOUSE,
        Membership.role == OWNER,
        User.disabled_at.is_(None),
    )
    # Locked in one order: of two owners who remove each other at once, the second finds the first
    # gone. What was changed here must be there before others are asked for.
    session.flush()
    owners = set(session.scalars(others.order_by(User.id).with_for_update()))
    if owners == {user_id}:
        raise Conflict(
            "Nobody else owns the whole installation.", hint="Give that role to another user first."
        )
