"""Users: adding, inviting, roles, disabling. Every act is written into the audit trail."""

from __future__ import annotations

import re
import secrets
from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import clock
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.identity.actor import HOUSE
from core.identity.audit import audit
from core.identity.first_run import hash_of
from core.identity.models import ApiToken
from core.identity.models import Invitation
from core.identity.models import Membership
from core.identity.models import RecoveryCode
from core.identity.models import User
from core.identity.permissions import OWNER
from core.identity.permissions import require_role
from core.identity.reach import require_another_owner
from core.identity.reach import require_reach
from core.identity.sessions import end_sessions
from core.ids import next_id

INVITED_FOR = timedelta(days=3)
_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,99}")


@dataclass(frozen=True, slots=True)
class UserInfo:
    """A user as pages and commands show him; `roles` by company, 0 for all companies."""

    id: int
    name: str
    roles: Mapping[int, Sequence[str]]
    has_password: bool
    has_totp: bool
    created_at: datetime
    signed_in_at: datetime | None
    disabled_at: datetime | None
    row_version: int

    @property
    def state(self) -> str:
        """Return what he is: disabled, invited or active."""
        if self.disabled_at is not None:
            return "disabled"
        return "active" if self.has_password or self.signed_in_at else "invited"


def add_user(session: Session, name: str, role: str, company_id: int) -> tuple[User, str]:
    """Make a user with his first role; return him and the secret of his invitation.

    Raises: InputError, Conflict when the name is taken, NotFound for a company out of reach.
    """
    name = name.strip().lower()
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{name!r} cannot be a user's name.",
            where="name",
            hint="Use 2 to 100 of a-z, 0-9 and . _ - + @, such as an e-mail address.",
        )
    if session.scalar(sa.select(User.id).where(User.name == name)) is not None:
        raise _known(name)
    user = User(id=next_id(session), name=name, created_at=clock.now(), row_version=1)
    try:
        with session.begin_nested():
            session.add(user)
    except IntegrityError as error:  # he was made in the same moment
        raise _known(name) from error
    audit(session, "user.added", f"user:{name}", company_id=company_id)
    give_role(session, user, role, company_id)
    return user, invite(session, user)


def _known(name: str) -> Conflict:
    return Conflict(f"There is a user {name} already.", hint="Give him the role instead.")


def invite(session: Session, user: User) -> str:
    """Return the secret of a new invitation; an older one ends."""
    session.execute(sa.delete(Invitation).where(Invitation.user_id == user.id))
    secret, now = secrets.token_urlsafe(32), clock.now()
    session.add(
        Invitation(
            token_hash=hash_of(secret),
            user_id=user.id,
            created_at=now,
            expires_at=now + INVITED_FOR,
        )
    )
    session.flush()
    audit(session, "user.invited", f"user:{user.name}")
    return secret


def invited_user(session: Session, secret: str) -> User:
    """Return the user whom an invitation is for.

    Raises: NotFound when it was used, has ended or never was.
    """
    user = session.scalars(
        sa.select(User)
        .join(Invitation, Invitation.user_id == User.id)
        .where(
            Invitation.token_hash == hash_of(secret),
            Invitation.expires_at > clock.now(),
            User.disabled_at.is_(None),
        )
    ).one_or_none()
    if user is None:
        raise _no_invitation()
    return user


def _no_invitation() -> NotFound:
    return NotFound("This invitation does not hold any more.", hint="Ask for a new one.")


def accept_invitation(session: Session, secret: str, password_hash: str) -> User:
    """Let an invited user set his password; the invitation ends with it.

    Raises: NotFound.
    """
    user = invited_user(session, secret)
    mine = sa.delete(Invitation).where(Invitation.user_id == user.id)
    used = session.scalars(mine.returning(Invitation.token_hash)).all()
    if hash_of(secret) not in used:  # somebody else came with it in the same moment
        raise _no_invitation()
    set_password(session, user, password_hash)
    return user


def set_password(session: Session, user: User, password_hash: str, *, keep: str = "") -> None:
    """Store a password's hash; every session but `keep` ends, and so does a first-run token."""
    user.password_hash, user.password_set_at = password_hash, clock.now()
    user.token_hash = None
    user.row_version += 1
    ended = end_sessions(session, user.id, but=keep)
    audit(session, "user.password_set", f"user:{user.name}", after={"sessions_ended": ended})


def give_role(session: Session, user: User, role: str, company_id: int) -> bool:
    """Give a role in a company, or in all (0); False when he has it.

    Raises: InputError for the role, NotFound for a company out of reach.
    """
    require_role(role)
    require_reach(session, company_id)
    lock_user(session, user.id)
    if session.get(Membership, (user.id, company_id, role)) is not None:
        return False
    session.add(
        Membership(user_id=user.id, company_id=company_id, role=role, granted_at=clock.now())
    )
    session.flush()
    audit(session, "user.role_given", f"user:{user.name}", after=_role(role, company_id))
    return True


def take_role(session: Session, user: User, role: str, company_id: int) -> bool:
    """Take a role away; False when he does not have it.

    Raises: Conflict when nobody would own the installation any more, NotFound.
    """
    require_reach(session, company_id)
    lock_user(session, user.id)
    held = session.get(Membership, (user.id, company_id, role))
    if held is None:
        return False
    if (company_id, role) == (HOUSE, OWNER):
        require_another_owner(session, user.id)
    session.delete(held)
    session.flush()
    audit(session, "user.role_taken", f"user:{user.name}", before=_role(role, company_id))
    return True


def disable_user(session: Session, user: User) -> bool:
    """Let a user in no more: his sessions and tokens end at once. False when it was so already.

    Raises: Conflict when nobody would own the installation any more.
    """
    if user.disabled_at is not None:
        return False
    require_another_owner(session, user.id)
    user.disabled_at = clock.now()
    user.row_version += 1
    end_sessions(session, user.id)
    _revoke_tokens(session, user)
    audit(session, "user.disabled", f"user:{user.name}")
    return True


def enable_user(session: Session, user: User) -> bool:
    """Let a disabled user in again; his tokens stay revoked."""
    if user.disabled_at is None:
        return False
    user.disabled_at = None
    user.row_version += 1
    session.flush()
    audit(session, "user.enabled", f"user:{user.name}")
    return True


def reset_user(session: Session, user: User) -> str:
    """Take a user's password, second factor, sessions and tokens; return a new invitation."""
    user.password_hash = user.password_set_at = user.token_hash = None
    user.totp_secret = user.totp_confirmed_at = None
    user.row_version += 1
    session.execute(sa.delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    end_sessions(session, user.id)
    _revoke_tokens(session, user)
    audit(session, "user.reset", f"user:{user.name}")
    return invite(session, user)


def lock_user(session: Session, user_id: int) -> None:
    """Let nobody else change what a user has until the transaction ends."""
    session.execute(sa.select(User.id).where(User.id == user_id).with_for_update())


def user_by_name(session: Session, name: str) -> User:
    """Return a user by his name.

    Raises: NotFound.
    """
    query = sa.select(User).where(User.name == name.strip().lower())
    user = session.scalars(query).one_or_none()
    if user is None:
        raise NotFound(f"There is no user {name!r}.", hint="`entrepot users list` shows all.")
    return user


def list_users(session: Session, companies: frozenset[int] | None = None) -> Sequence[UserInfo]:
    """Return the users with a role in some companies, or all, with the roles that they have there.

    Who owns the installation sees everybody.
    """
    roles: dict[int, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for each in session.scalars(sa.select(Membership).order_by(Membership.role)):
        if companies is None or HOUSE in companies or each.company_id in companies:
            roles[each.user_id][each.company_id].append(each.role)
    users = session.scalars(sa.select(User).order_by(User.name))
    everybody = companies is None or HOUSE in companies
    return [_info(user, roles[user.id]) for user in users if everybody or user.id in roles]


def describe(session: Session, user: User, companies: frozenset[int] | None) -> UserInfo:
    """Return one user as `list_users` shows him.

    Raises: NotFound when he has no role in these companies.
    """
    for each in list_users(session, companies):
        if each.id == user.id:
            return each
    raise NotFound("There is no such user.")


def _info(user: User, roles: Mapping[int, Sequence[str]]) -> UserInfo:
    return UserInfo(
        user.id,
        user.name,
        {company_id: tuple(names) for company_id, names in roles.items()},
        user.password_hash is not None,
        user.totp_confirmed_at is not None,
        user.created_at,
        user.signed_in_at,
        user.disabled_at,
        user.row_version,
    )


def _revoke_tokens(session: Session, user: User) -> None:
    session.flush()
    session.execute(
        sa.update(ApiToken)
        .where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=clock.now())
    )


def _role(role: str, company_id: int) -> dict[str, object]:
    return {"role": role, "company": company_id}
