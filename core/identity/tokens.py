"""Tokens of programs: some permissions of their owner, in one company, for some time.

A token is `ent_<prefix>_<secret>`: the prefix is shown in lists, the secret only once. Of the whole
the database holds a digest that cannot be made without the installation's key.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.errors import Conflict
from core.errors import InputError
from core.errors import NotFound
from core.identity.audit import audit
from core.identity.keyfile import identity_key
from core.identity.keyfile import keyed_digest
from core.identity.models import ApiToken
from core.identity.models import User
from core.identity.users import lock_user
from core.ids import next_id

MARK = "ent"
DEFAULT_DAYS = 180
MAX_DAYS = 365
USED_EVERY = timedelta(minutes=1)
"""How often the last use is written down at most: a row written by every request would be hot."""


@dataclass(frozen=True, slots=True)
class TokenUse:
    """A token that holds: whose it is, where it counts and for what."""

    id: int
    user_id: int
    user: str
    name: str
    company_id: int
    scopes: frozenset[str]
    was_used_long_ago: bool


def make_token(
    session: Session,
    user: User,
    company_id: int,
    name: str,
    scopes: Collection[str],
    *,
    allowed: Collection[str],
    days: int = DEFAULT_DAYS,
) -> str:
    """Make a token and return it; it can never be shown again.

    `allowed` is what its owner may do in that company: no token can do more.

    Raises: InputError, Conflict when the owner has a token of that name.
    """
    name = name.strip()
    if not name or len(name) > 100:
        raise InputError("a token needs a name of at most 100 characters.", where="name")
    if not 1 <= days <= MAX_DAYS:
        raise InputError(f"a token holds for 1 to {MAX_DAYS} days.", where="days")
    beyond = sorted(set(scopes) - set(allowed))
    if beyond or not scopes:
        what = f"{beyond[0]!r} is not among its owner's permissions" if beyond else "nothing chosen"
        raise InputError(f"{what}.", where="scopes", hint="Choose of the owner's permissions.")
    lock_user(session, user.id)
    if _named(session, user.id, name) is not None:
        raise Conflict(f"There is a token {name!r} already.", hint="Revoke it or choose a name.")
    prefix, now = secrets.token_hex(4), clock.now()
    text = f"{MARK}_{prefix}_{secrets.token_urlsafe(32)}"
    session.add(
        ApiToken(
            id=next_id(session),
            company_id=company_id,
            user_id=user.id,
            name=name,
            prefix=prefix,
            digest=_digest(session, text),
            scopes=sorted(scopes),
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
    )
    session.flush()
    after = {"scopes": sorted(scopes), "days": days, "prefix": prefix}
    audit(session, "token.made", f"token:{name}", after=after, company_id=company_id)
    return text


def find_token(session: Session, text: str) -> TokenUse | None:
    """Return the token if it holds: not revoked, not over, its owner not disabled."""
    now = clock.now()
    row = session.execute(
        sa.select(ApiToken, User.name)
        .join(User, User.id == ApiToken.user_id)
        .where(
            ApiToken.digest == _digest(session, text),
            ApiToken.revoked_at.is_(None),
            ApiToken.expires_at > now,
            User.disabled_at.is_(None),
        )
    ).one_or_none()
    if row is None:
        return None
    token, owner = row
    return TokenUse(
        token.id,
        token.user_id,
        owner,
        token.name,
        token.company_id,
        frozenset(token.scopes),
        token.last_used_at is None or now - token.last_used_at >= USED_EVERY,
    )


def note_use(session: Session, token_id: int) -> None:
    """Note that a token has just been used."""
    session.execute(
        sa.update(ApiToken).where(ApiToken.id == token_id).values(last_used_at=clock.now())
    )


def list_tokens(
    session: Session, *, user_id: int | None = None, company_id: int | None = None
) -> Sequence[tuple[ApiToken, str]]:
    """Return tokens with the names of their owners, the latest first."""
    query = sa.select(ApiToken, User.name).join(User, User.id == ApiToken.user_id)
    if user_id is not None:
        query = query.where(ApiToken.user_id == user_id)
    if company_id is not None:
        query = query.where(ApiToken.company_id == company_id)
    rows = session.execute(query.order_by(ApiToken.created_at.desc(), ApiToken.id.desc()))
    return [(token, owner) for token, owner in rows]


def revoke_token(session: Session, token_id: int, *, user_id: int | None = None) -> bool:
    """Revoke a token, of one user if given; False when it was revoked already.

    Raises: NotFound.
    """
    token = session.get(ApiToken, token_id)
    if token is None or user_id not in (None, token.user_id):
        raise NotFound("There is no such token.")
    if token.revoked_at is not None:
        return False
    token.revoked_at = clock.now()
    # Its name is free again.
    token.name = f"{token.name} ({token.prefix})"
    session.flush()
    audit(session, "token.revoked", f"token:{token.name}", company_id=token.company_id)
    return True


def _named(session: Session, user_id: int, name: str) -> int | None:
    query = sa.select(ApiToken.id).where(ApiToken.user_id == user_id, ApiToken.name == name)
    return session.scalar(query)


def _digest(session: Session, text: str) -> str:
    instance: Path = session.info["kernel"].config.instance
    return keyed_digest(identity_key(instance), "token", text)
