"""Tables of who may come in; no secret is kept, only its SHA-256."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from core.db import Base
from core.db import table_args


class User(Base):
    """A person who may sign in; `token_hash` is the key that the first run hands out."""

    __tablename__ = "web_user"
    __table_args__ = table_args(sa.UniqueConstraint("name"), sa.UniqueConstraint("token_hash"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    role: Mapped[str]
    token_hash: Mapped[str | None]
    created_at: Mapped[datetime]
    signed_in_at: Mapped[datetime | None]
    row_version: Mapped[int] = mapped_column(default=1)


class WebSession(Base):
    """A browser that has signed in, and the company that it looks at."""

    __tablename__ = "web_session"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["user_id"], ["web_user.id"]),
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.Index("ix_web_session_expires_at", "expires_at"),
    )

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int]
    company_id: Mapped[int | None]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class LoginThrottle(Base):
    """Failed sign-ins from one address since the start of its present window."""

    __tablename__ = "web_login_throttle"
    __table_args__ = table_args()

    address: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    window_started_at: Mapped[datetime]
