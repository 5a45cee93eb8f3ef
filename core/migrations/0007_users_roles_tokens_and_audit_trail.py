"""Users with roles, tokens, and the audit trail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from core import db
from core.identity import guards

revision = "core_0007"
down_revision = "core_0006"


def upgrade() -> None:
    op.create_table(
        "identity_audit",
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("company_id", db.BigInt, nullable=False),
        sa.Column("at", db.UtcDateTime(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("user_id", db.BigInt, nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("mac", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_audit")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("identity_audit", schema=None) as batch_op:
        batch_op.create_index("ix_identity_audit_company_id", ["company_id", "id"], unique=False)
        batch_op.create_index("ix_identity_audit_user_id", ["user_id", "id"], unique=False)

    op.create_table(
        "identity_grant",
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("permission", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("role", "permission", name=op.f("pk_identity_grant")),
        sqlite_strict=True,
    )
    op.create_table(
        "identity_login_throttle",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("failures", db.BigInt, nullable=False),
        sa.Column("window_started_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_identity_login_throttle")),
        sqlite_strict=True,
    )
    op.create_table(
        "identity_role_policy",
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("totp_required", db.Flag(), nullable=False),
        sa.PrimaryKeyConstraint("role", name=op.f("pk_identity_role_policy")),
        sqlite_strict=True,
    )
    op.create_table(
        "identity_seal",
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("position", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("audit_id", db.BigInt, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("sealed_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("company_id", "position", name=op.f("pk_identity_seal")),
        sa.UniqueConstraint("audit_id", name=op.f("uq_identity_seal_audit_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "identity_unsealed",
        sa.Column("audit_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("company_id", db.BigInt, nullable=False),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("pk_identity_unsealed")),
        sqlite_strict=True,
    )
    op.create_table(
        "identity_user",
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("password_set_at", db.UtcDateTime(), nullable=True),
        sa.Column("token_hash", sa.Text(), nullable=True),
        sa.Column("totp_secret", sa.Text(), nullable=True),
        sa.Column("totp_confirmed_at", db.UtcDateTime(), nullable=True),
        sa.Column("totp_step", db.BigInt, nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("signed_in_at", db.UtcDateTime(), nullable=True),
        sa.Column("disabled_at", db.UtcDateTime(), nullable=True),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_user")),
        sa.UniqueConstraint("name", name=op.f("uq_identity_user_name")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_identity_user_token_hash")),
        sqlite_strict=True,
    )
    op.create_table(
        "identity_invitation",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("user_id", db.BigInt, nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("expires_at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["identity_user.id"], name=op.f("fk_identity_invitation_user_id")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_identity_invitation")),
        sa.UniqueConstraint("user_id", name=op.f("uq_identity_invitation_user_id")),
        sqlite_strict=True,
    )
    op.create_table(
        "identity_membership",
        sa.Column("user_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("company_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("granted_at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["identity_user.id"], name=op.f("fk_identity_membership_user_id")
        ),
        sa.PrimaryKeyConstraint(
            "user_id", "company_id", "role", name=op.f("pk_identity_membership")
        ),
        sqlite_strict=True,
    )
    op.create_table(
        "identity_recovery_code",
        sa.Column("user_id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("used_at", db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["identity_user.id"], name=op.f("fk_identity_recovery_code_user_id")
        ),
        sa.PrimaryKeyConstraint("user_id", "code_hash", name=op.f("pk_identity_recovery_code")),
        sqlite_strict=True,
    )
    op.create_table(
        "identity_session",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("id", db.BigInt, nullable=False),
        sa.Column("user_id", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("seen_at", db.UtcDateTime(), nullable=False),
        sa.Column("expires_at", db.UtcDateTime(), nullable=False),
        sa.Column("confirmed_at", db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_identity_session_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["identity_user.id"], name=op.f("fk_identity_session_user_id")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_identity_session")),
        sa.UniqueConstraint("id", name=op.f("uq_identity_session_id")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("identity_session", schema=None) as batch_op:
        batch_op.create_index("ix_identity_session_expires_at", ["expires_at"], unique=False)
        batch_op.create_index("ix_identity_session_user_id", ["user_id"], unique=False)

    op.create_table(
        "identity_token",
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("company_id", db.BigInt, nullable=False),
        sa.Column("user_id", db.BigInt, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("scopes", db.Json(), nullable=False),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("expires_at", db.UtcDateTime(), nullable=False),
        sa.Column("last_used_at", db.UtcDateTime(), nullable=True),
        sa.Column("revoked_at", db.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_identity_token_company_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["identity_user.id"], name=op.f("fk_identity_token_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_identity_token_digest")),
        sa.UniqueConstraint("prefix", name=op.f("uq_identity_token_prefix")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_identity_token_user_id_name")),
        sqlite_strict=True,
    )
    op.execute(
        "INSERT INTO identity_user"
        " (id, name, token_hash, created_at, signed_in_at, totp_step, row_version)"
        " SELECT id, name, token_hash, created_at, signed_in_at, 0, row_version FROM web_user"
    )
    op.execute(
        "INSERT INTO identity_membership (user_id, company_id, role, granted_at)"
        " SELECT id, 0, 'owner', created_at FROM web_user"
    )
    op.drop_table("web_session")
    op.drop_table("web_user")
    op.drop_table("web_login_throttle")
    guards.create_guards(op.get_bind())


def downgrade() -> None:
    op.create_table(
        "web_login_throttle",
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("failures", db.BigInt, nullable=False),
        sa.Column("window_started_at", db.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_web_login_throttle")),
        sqlite_strict=True,
    )
    op.create_table(
        "web_user",
        sa.Column("id", db.BigInt, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("signed_in_at", db.UtcDateTime(), nullable=True),
        sa.Column("row_version", db.BigInt, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_user")),
        sa.UniqueConstraint("name", name=op.f("uq_web_user_name")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_web_user_token_hash")),
        sqlite_strict=True,
    )
    op.create_table(
        "web_session",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("user_id", db.BigInt, nullable=False),
        sa.Column("company_id", db.BigInt, nullable=True),
        sa.Column("created_at", db.UtcDateTime(), nullable=False),
        sa.Column("seen_at", db.UtcDateTime(), nullable=False),
        sa.Column("expires_at", db.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id"], ["kernel_company.id"], name=op.f("fk_web_session_company_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["web_user.id"], name=op.f("fk_web_session_user_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_web_session")),
        sqlite_strict=True,
    )
    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.create_index("ix_web_session_expires_at", ["expires_at"], unique=False)
    # Only the first owner: whoever else there is has no token to come in with.
    op.execute(
        "INSERT INTO web_user (id, name, role, token_hash, created_at, signed_in_at, row_version)"
        " SELECT id, name, 'admin', token_hash, created_at, signed_in_at, row_version"
        " FROM identity_user WHERE name = 'admin'"
    )
    op.drop_table("identity_token")
    with op.batch_alter_table("identity_session", schema=None) as batch_op:
        batch_op.drop_index("ix_identity_session_user_id")
        batch_op.drop_index("ix_identity_session_expires_at")

    op.drop_table("identity_session")
    op.drop_table("identity_recovery_code")
    op.drop_table("identity_membership")
    op.drop_table("identity_invitation")
    op.drop_table("identity_user")
    op.drop_table("identity_unsealed")
    op.drop_table("identity_seal")
    op.drop_table("identity_role_policy")
    op.drop_table("identity_login_throttle")
    op.drop_table("identity_grant")
    with op.batch_alter_table("identity_audit", schema=None) as batch_op:
        batch_op.drop_index("ix_identity_audit_user_id")
        batch_op.drop_index("ix_identity_audit_company_id")

    op.drop_table("identity_audit")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION IF EXISTS identity_append_only()")
