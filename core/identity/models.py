"""Tables of who may come in and of what was done; no secret is kept, only digests of it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from core.db import Base
from core.db import Json
from core.db import table_args


class User(Base):
    """A person who may sign in; `token_hash` is the key that the first run hands out."""

    __tablename__ = "identity_user"
    __table_args__ = table_args(sa.UniqueConstraint("name"), sa.UniqueConstraint("token_hash"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    password_hash: Mapped[str | None]
    password_set_at: Mapped[datetime | None]
    token_hash: Mapped[str | None]
    totp_secret: Mapped[str | None]
    totp_confirmed_at: Mapped[datetime | None]
    totp_step: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    signed_in_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    row_version: Mapped[int] = mapped_column(default=1)


class Membership(Base):
    """A role of a user in a company, or in every company (0)."""

    __tablename__ = "identity_membership"
    __table_args__ = table_args(sa.ForeignKeyConstraint(["user_id"], ["identity_user.id"]))

    user_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    company_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    role: Mapped[str] = mapped_column(primary_key=True)
    granted_at: Mapped[datetime]


class Grant(Base):
    """A permission that a role has beside those of the matrix."""

    __tablename__ = "identity_grant"
    __table_args__ = table_args()

    role: Mapped[str] = mapped_column(primary_key=True)
    permission: Mapped[str] = mapped_column(primary_key=True)


class RolePolicy(Base):
    """What is asked of everybody who has a role."""

    __tablename__ = "identity_role_policy"
    __table_args__ = table_args()

    role: Mapped[str] = mapped_column(primary_key=True)
    totp_required: Mapped[bool]


class RecoveryCode(Base):
    """A code that stands in once for the second factor."""

    __tablename__ = "identity_recovery_code"
    __table_args__ = table_args(sa.ForeignKeyConstraint(["user_id"], ["identity_user.id"]))

    user_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code_hash: Mapped[str] = mapped_column(primary_key=True)
    used_at: Mapped[datetime | None]


class Invitation(Base):
    """A link by which a user sets his password, once."""

    __tablename__ = "identity_invitation"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["user_id"], ["identity_user.id"]), sa.UniqueConstraint("user_id")
    )

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class UserSession(Base):
    """A browser that has signed in, and the company that it looks at."""

    __tablename__ = "identity_session"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["user_id"], ["identity_user.id"]),
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.UniqueConstraint("id"),
        sa.Index("ix_identity_session_expires_at", "expires_at"),
        sa.Index("ix_identity_session_user_id", "user_id"),
    )

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[int]
    user_id: Mapped[int]
    company_id: Mapped[int | None]
    address: Mapped[str]
    agent: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]


class LoginThrottle(Base):
    """Failed attempts of one kind since the start of their present window."""

    __tablename__ = "identity_login_throttle"
    __table_args__ = table_args()

    key: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    window_started_at: Mapped[datetime]


class ApiToken(Base):
    """A key of a program: some permissions of its owner, in one company, for some time."""

    __tablename__ = "identity_token"
    __table_args__ = table_args(
        sa.ForeignKeyConstraint(["user_id"], ["identity_user.id"]),
        sa.ForeignKeyConstraint(["company_id"], ["kernel_company.id"]),
        sa.UniqueConstraint("digest"),
        sa.UniqueConstraint("prefix"),
        sa.UniqueConstraint("user_id", "name"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    company_id: Mapped[int]
    user_id: Mapped[int]
    name: Mapped[str]
    prefix: Mapped[str]
    digest: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(Json)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class AuditEntry(Base):
    """One act: who did what to what; company 0 is the installation as a whole.

    `before` and `after` are JSON texts as they were sealed, `mac` proves that nobody without the
    installation's key has written or changed the row.
    """

    __tablename__ = "identity_audit"
    __table_args__ = table_args(
        sa.Index("ix_identity_audit_company_id", "company_id", "id"),
        sa.Index("ix_identity_audit_user_id", "user_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    company_id: Mapped[int]
    at: Mapped[datetime]
    actor_kind: Mapped[str]
    actor: Mapped[str]
    user_id: Mapped[int | None]
    origin: Mapped[str]
    request_id: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    before: Mapped[str | None]
    after: Mapped[str | None]
    mac: Mapped[str]


class Unsealed(Base):
    """An entry of the audit trail that has no place in its chain yet."""

    __tablename__ = "identity_unsealed"
    __table_args__ = table_args()

    audit_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    company_id: Mapped[int]


class Seal(Base):
    """An entry's place in the chain of its company; `digest` covers it and all before it."""

    __tablename__ = "identity_seal"
    __table_args__ = table_args(sa.UniqueConstraint("audit_id"))

    company_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    audit_id: Mapped[int]
    digest: Mapped[str]
    sealed_at: Mapped[datetime]


class ApiAnswer(Base):
    """A request of a program under a key of its own: its digest, and what it was answered."""

    __tablename__ = "identity_api_answer"
    __table_args__ = table_args(sa.Index("ix_identity_api_answer_claimed_at", "claimed_at"))

    key: Mapped[str] = mapped_column(primary_key=True)
    request: Mapped[str]
    claimed_at: Mapped[datetime]
    status: Mapped[int | None]
    body: Mapped[str | None]


class FormClaim(Base):
    """A form that was sent: its digest, and where its answer led once it was done."""

    __tablename__ = "identity_form_claim"
    __table_args__ = table_args(sa.Index("ix_identity_form_claim_claimed_at", "claimed_at"))

    key: Mapped[str] = mapped_column(primary_key=True)
    claimed_at: Mapped[datetime]
    status: Mapped[int | None]
    location: Mapped[str | None]
