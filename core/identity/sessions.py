"""Sessions of browsers, kept on the server: they can be listed and ended at once."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.identity.models import User
from core.identity.models import UserSession
from core.ids import next_id

SESSION_LIFE = timedelta(days=7)
IDLE_LIFE = timedelta(hours=12)
TOUCH_EVERY = timedelta(minutes=10)
CONFIRMED_FOR = timedelta(minutes=15)
"""How long a password that was given again counts as fresh."""

MAX_AGENT = 200


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that holds: who, and which company was chosen last."""

    user_id: int
    name: str
    company_id: int | None
    session_hash: str
    seen_at: datetime
    confirmed_at: datetime | None
    lacks_totp: bool

    @property
    def is_fresh(self) -> bool:
        """Say whether he has just proved again who he is."""
        return self.confirmed_at is not None and clock.now() - self.confirmed_at < CONFIRMED_FOR


def hash_of_session(secret: str) -> str:
    """Return what the database keeps of a session's secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def open_session(session: Session, user: User, *, address: str = "", agent: str = "") -> str:
    """Open a session for a user who has proved who he is; return its secret."""
    now = clock.now()
    secret = secrets.token_urlsafe(32)
    session.execute(sa.delete(UserSession).where(UserSession.expires_at < now))
    session.add(
        UserSession(
            token_hash=hash_of_session(secret),
            id=next_id(session),
            user_id=user.id,
            company_id=None,
            address=address,
            agent=agent[:MAX_AGENT],
            created_at=now,
            seen_at=now,
            expires_at=now + SESSION_LIFE,
            confirmed_at=now,
        )
    )
    user.signed_in_at = now
    session.flush()
    return secret


def find_session(session: Session, secret: str) -> SignedIn | None:
    """Return the session of a cookie if it still holds."""
    now = clock.now()
    row = session.execute(
        sa.select(
            User.id,
            User.name,
            UserSession.company_id,
            UserSession.token_hash,
            UserSession.seen_at,
            UserSession.confirmed_at,
            User.totp_confirmed_at.is_(None),
        )
        .join(UserSession, UserSession.user_id == User.id)
        .where(
            UserSession.token_hash == hash_of_session(secret),
            UserSession.expires_at > now,
            UserSession.seen_at > now - IDLE_LIFE,
            User.disabled_at.is_(None),
        )
    ).one_or_none()
    return None if row is None else SignedIn(*row)


def list_sessions(session: Session, user_id: int) -> Sequence[UserSession]:
    """Return the sessions of a user that still hold, the latest used first."""
    now = clock.now()
    return session.scalars(
        sa.select(UserSession)
        .where(
            UserSession.user_id == user_id,
            UserSession.expires_at > now,
            UserSession.seen_at > now - IDLE_LIFE,
        )
        .order_by(UserSession.seen_at.desc())
    ).all()


def touch_session(session: Session, session_hash: str) -> None:
    """Note that a session is in use."""
    _change(session, session_hash, seen_at=clock.now())


def choose_company(session: Session, session_hash: str, company_id: int) -> None:
    """Keep which company a session looks at."""
    _change(session, session_hash, company_id=company_id)


def confirm_session(session: Session, session_hash: str) -> None:
    """Note that who uses a session has proved again who he is."""
    _change(session, session_hash, confirmed_at=clock.now())


def end_session(session: Session, session_hash: str) -> None:
    """Sign out."""
    session.execute(sa.delete(UserSession).where(UserSession.token_hash == session_hash))


def end_sessions(session: Session, user_id: int, *, but: str = "") -> int:
    """End the sessions of a user, all but one; return how many there were."""
    session.flush()
    ended = session.execute(
        sa.delete(UserSession)
        .where(UserSession.user_id == user_id, UserSession.token_hash != but)
        .returning(UserSession.id)
    )
    return len(ended.all())


def end_session_by_id(session: Session, user_id: int, session_id: int) -> bool:
    """End one session of a user; False when he has none of that id."""
    ended = session.execute(
        sa.delete(UserSession)
        .where(UserSession.user_id == user_id, UserSession.id == session_id)
        .returning(UserSession.id)
    )
    return ended.first() is not None


def _change(session: Session, session_hash: str, **values: object) -> None:
    session.execute(
        sa.update(UserSession).where(UserSession.token_hash == session_hash).values(**values)
    )
