"""The first run: an owner with a token instead of a default password.

The token is made with the database and stays valid until another one replaces it or its owner sets
a password. Its plain text lies in `first-run-token` in the instance folder, readable by the owner
only, so that a restart can show it again; the first successful sign-in removes that file.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.identity.actor import HOUSE
from core.identity.audit import audit
from core.identity.models import Membership
from core.identity.models import User
from core.identity.permissions import OWNER
from core.identity.sessions import end_sessions
from core.ids import next_id

ADMIN = "admin"
TOKEN_FILE = "first-run-token"  # noqa: S105


def hash_of(secret: str) -> str:
    """Return what the database keeps of a random secret; with 256 bits it needs no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()


def ensure_admin(session: Session, instance: Path) -> str | None:
    """Make the owner at the first run; return his token, None if there is any user already."""
    if session.scalar(sa.select(User.id).limit(1)) is not None:
        return None
    now = clock.now()
    user = User(id=next_id(session), name=ADMIN, created_at=now, row_version=1)
    session.add(user)
    session.flush()
    session.add(Membership(user_id=user.id, company_id=HOUSE, role=OWNER, granted_at=now))
    audit(session, "user.added", f"user:{ADMIN}", after={"role": OWNER}, company_id=HOUSE)
    return _give_token(session, user, instance)


def renew_admin_token(session: Session, instance: Path) -> str:
    """Give the first owner a new token and end his sessions; he is enabled again if need be."""
    user = session.scalars(sa.select(User).where(User.name == ADMIN)).one()
    end_sessions(session, user.id)
    user.row_version += 1
    user.disabled_at = None
    audit(session, "user.token_renewed", f"user:{ADMIN}", company_id=HOUSE)
    return _give_token(session, user, instance)


def shown_token(instance: Path) -> str | None:
    """Return the token that nobody has used yet, if there is one."""
    with suppress(FileNotFoundError):
        return (instance / TOKEN_FILE).read_text("ascii").strip()
    return None


def owner_of_token(session: Session, token: str) -> User | None:
    """Return the user whom a first-run token belongs to."""
    return session.scalars(
        sa.select(User).where(User.token_hash == hash_of(token), User.disabled_at.is_(None))
    ).one_or_none()


def forget_token_file(instance: Path) -> None:
    """Remove the token's plain text, once it has been used."""
    (instance / TOKEN_FILE).unlink(missing_ok=True)


def _give_token(session: Session, user: User, instance: Path) -> str:
    token = secrets.token_urlsafe(32)
    user.token_hash = hash_of(token)
    session.flush()
    draft = instance / f"{TOKEN_FILE}.{secrets.token_hex(4)}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{token}\n")
    draft.replace(instance / TOKEN_FILE)
    return token
