"""Signing in: by name, password and second factor, or by the token of the first run.

Whatever is wrong, the answer is the same and takes as long: nobody learns which names exist.
"""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from core.identity import first_run
from core.identity import passwords
from core.identity import second_factor
from core.identity import throttle
from core.identity.actor import HOUSE
from core.identity.actor import acting
from core.identity.actor import current_actor
from core.identity.audit import audit
from core.identity.models import User
from core.identity.sessions import open_session
from core.kernel.kernel import Kernel

MAX_SENT = 200


def sign_in(
    kernel: Kernel, name: str, secret: str, code: str, *, address: str, agent: str
) -> str | None:
    """Return the secret of a new session, None when anything that was given is wrong."""
    name = name.strip().lower()[:MAX_SENT]
    user_id = _who(kernel, name, secret)
    with kernel.db.write() as session:
        user = session.get(User, user_id) if user_id is not None else None
        if user is None or user.disabled_at or not second_factor.prove(session, user, code):
            throttle.note_failure(session, address, name)
            known = "" if user is None else user.name
            audit(session, "session.refused", f"user:{known}", company_id=HOUSE)
            return None
        throttle.forget_failures(session, address, name)
        opened = open_session(session, user, address=address, agent=agent)
        himself = replace(current_actor(), kind="user", name=user.name, user_id=user.id)
        with acting(himself):
            audit(session, "session.opened", f"user:{user.name}", company_id=HOUSE)
    first_run.forget_token_file(kernel.config.instance)
    return opened


def confirm(kernel: Kernel, user_id: int, secret: str, code: str) -> bool:
    """Say whether a user has proved again who he is; a token of the first run does as well."""
    with kernel.db.read() as session:
        user = session.get_one(User, user_id)
        by_token = user.token_hash is not None and user.token_hash == first_run.hash_of(secret)
        kept = user.password_hash
    if not by_token and not passwords.is_password(secret, kept):
        return False
    with kernel.db.write() as session:
        return second_factor.prove(session, session.get_one(User, user_id), code)


def _who(kernel: Kernel, name: str, secret: str) -> int | None:
    """Return whose password or token it is; outside a writing transaction, for it is slow."""
    with kernel.db.read() as session:
        if not name:
            owner = first_run.owner_of_token(session, secret)
            return None if owner is None else owner.id
        query = sa.select(User.id, User.password_hash).where(User.name == name)
        row = session.execute(query).one_or_none()
    fits = passwords.is_password(secret, row.password_hash if row else None)
    return row.id if row is not None and fits else None
