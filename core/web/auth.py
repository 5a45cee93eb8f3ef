"""Signing in: the first-run token, sessions kept on the server, and a brake on guessing.

The administrator's token is made with the database and stays valid until another one replaces it.
Its plain text lies in `first-run-token` in the instance folder, readable by the owner only, so
that a restart can show it again; the first successful sign-in removes that file. The database
holds nothing but SHA-256 hashes: with 256 random bits there is nothing to guess, hence no salt.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import next_id
from core.web.models import LoginThrottle
from core.web.models import User
from core.web.models import WebSession

ADMIN = "admin"
TOKEN_FILE = "first-run-token"  # noqa: S105
SESSION_LIFE = timedelta(days=7)
IDLE_LIFE = timedelta(hours=12)
TOUCH_EVERY = timedelta(minutes=10)
MAX_FAILURES = 10
THROTTLE_WINDOW = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that holds: who, and which company was chosen last."""

    user_id: int
    name: str
    role: str
    company_id: int | None
    session_hash: str
    seen_at: datetime


def hash_of(secret: str) -> str:
    """Return what the database keeps of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def ensure_admin(session: Session, instance: Path) -> str | None:
    """Make the administrator at the first run; return his token, None if he exists already."""
    if session.scalar(sa.select(User.id).where(User.name == ADMIN)) is not None:
        return None
    user = User(
        id=next_id(session), name=ADMIN, role=ADMIN, created_at=clock.now(), signed_in_at=None
    )
    session.add(user)
    return _give_token(user, instance)


def renew_admin_token(session: Session, instance: Path) -> str:
    """Replace the administrator's token and end his sessions."""
    user = session.scalars(sa.select(User).where(User.name == ADMIN)).one()
    session.execute(sa.delete(WebSession).where(WebSession.user_id == user.id))
    user.row_version += 1
    return _give_token(user, instance)


def shown_token(instance: Path) -> str | None:
    """Return the token that nobody has used yet, if there is one."""
    with suppress(FileNotFoundError):
        return (instance / TOKEN_FILE).read_text("ascii").strip()
    return None


def sign_in(session: Session, token: str, instance: Path) -> str | None:
    """Open a session for the owner of a token; return its secret, None for a wrong token."""
    user = session.scalars(sa.select(User).where(User.token_hash == hash_of(token))).one_or_none()
    if user is None:
        return None
    now = clock.now()
    secret = secrets.token_urlsafe(32)
    session.execute(sa.delete(WebSession).where(WebSession.expires_at < now))
    session.add(
        WebSession(
            token_hash=hash_of(secret),
            user_id=user.id,
            company_id=None,
            created_at=now,
            seen_at=now,
            expires_at=now + SESSION_LIFE,
        )
    )
    user.signed_in_at = now
    (instance / TOKEN_FILE).unlink(missing_ok=True)
    return secret


def find_session(session: Session, secret: str) -> SignedIn | None:
    """Return the session of a cookie if it still holds."""
    now = clock.now()
    row = session.execute(
        sa.select(User, WebSession)
        .join(WebSession, WebSession.user_id == User.id)
        .where(
            WebSession.token_hash == hash_of(secret),
            WebSession.expires_at > now,
            WebSession.seen_at > now - IDLE_LIFE,
        )
    ).one_or_none()
    if row is None:
        return None
    user, held = row
    return SignedIn(user.id, user.name, user.role, held.company_id, held.token_hash, held.seen_at)


def touch_session(session: Session, session_hash: str) -> None:
    """Note that a session is in use."""
    session.execute(
        sa.update(WebSession)
        .where(WebSession.token_hash == session_hash)
        .values(seen_at=clock.now())
    )


def end_session(session: Session, session_hash: str) -> None:
    """Sign out."""
    session.execute(sa.delete(WebSession).where(WebSession.token_hash == session_hash))


def minutes_to_wait(session: Session, address: str) -> int:
    """Return how long an address must wait before it may try again; 0: it may try now."""
    row = session.get(LoginThrottle, address)
    if row is None or row.failures < MAX_FAILURES:
        return 0
    left = row.window_started_at + THROTTLE_WINDOW - clock.now()
    return max(0, -int(-left.total_seconds() // 60))


def note_failure(session: Session, address: str) -> None:
    """Count a failed sign-in; windows that have passed are forgotten."""
    now = clock.now()
    old = LoginThrottle.window_started_at < now - THROTTLE_WINDOW
    session.execute(sa.delete(LoginThrottle).where(old))
    row = session.get(LoginThrottle, address, with_for_update=True)
    if row is None:
        row = LoginThrottle(address=address, failures=0, window_started_at=now)
        session.add(row)
    row.failures += 1


def _give_token(user: User, instance: Path) -> str:
    token = secrets.token_urlsafe(32)
    user.token_hash = hash_of(token)
    draft = instance / f"{TOKEN_FILE}.{secrets.token_hex(4)}"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{token}\n")
    draft.replace(instance / TOKEN_FILE)
    return token
