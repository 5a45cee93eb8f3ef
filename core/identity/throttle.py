"""A brake on guessing: failed attempts per address, per account and address, and per account.

Names are kept as a hash only: people type their password there by mistake.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import table_of
from core.identity.models import LoginThrottle
from core.rows import upsert_missing

WINDOW = timedelta(minutes=15)
MAX_FAILURES = 10
"""From one address against one account."""
MAX_OF_ADDRESS = 50
MAX_OF_ACCOUNT = 100
"""From everywhere against one account: high, for it locks out the rightful user too."""


def minutes_to_wait(session: Session, address: str, account: str) -> int:
    """Return how long one must wait before the next attempt; 0: it may be made now."""
    limits = _limits(address, account)
    rows = session.scalars(sa.select(LoginThrottle).where(LoginThrottle.key.in_(limits)))
    waits = [
        (row.window_started_at + WINDOW - clock.now()).total_seconds()
        for row in rows
        if row.failures >= limits[row.key]
    ]
    return max(0, -int(-max(waits, default=0.0) // 60))


def note_failure(session: Session, address: str, account: str) -> None:
    """Count a failed attempt; windows that have passed are forgotten."""
    now = clock.now()
    session.execute(sa.delete(LoginThrottle).where(LoginThrottle.window_started_at < now - WINDOW))
    keys = sorted(_limits(address, account))
    fresh = [{"key": key, "failures": 0, "window_started_at": now} for key in keys]
    upsert_missing(session, table_of(LoginThrottle), fresh)
    session.execute(
        sa.update(LoginThrottle)
        .where(LoginThrottle.key.in_(keys))
        .values(failures=LoginThrottle.failures + 1)
    )


def forget_failures(session: Session, address: str, account: str) -> None:
    """Forget what failed from one address against one account, once it has succeeded."""
    session.execute(sa.delete(LoginThrottle).where(LoginThrottle.key == _pair(address, account)))


def _limits(address: str, account: str) -> dict[str, int]:
    limits = {f"address:{address}": MAX_OF_ADDRESS, _pair(address, account): MAX_FAILURES}
    if account:
        limits[f"account:{_hash(account)}"] = MAX_OF_ACCOUNT
    return limits


def _pair(address: str, account: str) -> str:
    return f"pair:{address}:{_hash(account)}"


def _hash(account: str) -> str:
    return hashlib.sha256(account.lower().encode()).hexdigest()[:32]
