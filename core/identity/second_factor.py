"""The second factor of a user: enrolling, proving it, and the codes for when the phone is lost."""

from __future__ import annotations

import sqlalchemy as sa
from cryptography.fernet import InvalidToken
from sqlalchemy.orm import Session

from core import clock
from core.errors import InputError
from core.errors import KernelError
from core.identity import totp
from core.identity.audit import audit
from core.identity.first_run import hash_of
from core.identity.models import Membership
from core.identity.models import RecoveryCode
from core.identity.models import RolePolicy
from core.identity.models import User
from core.kernel import keys


def begin_enrolment(session: Session, user: User) -> str:
    """Give the user a secret that counts once he has proved that his app has it; return it."""
    cipher = keys.ensure_keys(session.info["kernel"].config).cipher()
    secret = totp.new_secret()
    user.totp_secret = cipher.encrypt(f"{user.id}:{secret}".encode()).decode("ascii")
    if user.totp_confirmed_at is not None:
        # Until the new one is proved he has none, which must not go unnoticed.
        audit(session, "user.totp_removed", f"user:{user.name}")
    user.totp_confirmed_at = None
    session.flush()
    return secret


def confirm_enrolment(session: Session, user: User, code: str) -> list[str]:
    """Turn the second factor on by a first code; return the recovery codes, shown only now.

    Raises: InputError for a wrong code.
    """
    secret = secret_of(session, user)
    step = totp.matching_step(secret, code, clock.now(), user.totp_step) if secret else None
    if step is None:
        raise InputError(
            "this is not the code that the app shows now.",
            where="code",
            hint="Check the clock of the phone, and wait for the next code.",
        )
    user.totp_step, user.totp_confirmed_at = step, clock.now()
    user.row_version += 1
    codes = totp.new_recovery_codes()
    session.execute(sa.delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    session.add_all(RecoveryCode(user_id=user.id, code_hash=hash_of(each)) for each in codes)
    session.flush()
    audit(session, "user.totp_enrolled", f"user:{user.name}")
    return codes


def end_enrolment(session: Session, user: User) -> None:
    """Turn the second factor off.

    Raises: InputError when a role of his asks for it.
    """
    if is_totp_required(session, user.id):
        raise InputError("A role of yours asks for a second factor.", where="totp")
    user.totp_secret = user.totp_confirmed_at = None
    user.row_version += 1
    session.execute(sa.delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    audit(session, "user.totp_removed", f"user:{user.name}")


def prove(session: Session, user: User, code: str) -> bool:
    """Say whether a code proves the second factor, and use it up; True for who has none."""
    if user.totp_confirmed_at is None:
        return True
    secret = secret_of(session, user)
    step = totp.matching_step(secret, code, clock.now(), user.totp_step) if secret else None
    if step is not None:
        # Conditional: of two uses of the same code at the same time, one counts.
        used = session.execute(
            sa.update(User)
            .where(User.id == user.id, User.totp_step < step)
            .values(totp_step=step)
            .returning(User.id)
        )
        return used.first() is not None
    return _use_recovery_code(session, user, code)


def is_totp_required(session: Session, user_id: int) -> bool:
    """Say whether a role of the user asks for a second factor."""
    query = (
        sa.select(RolePolicy.role)
        .join(Membership, Membership.role == RolePolicy.role)
        .where(Membership.user_id == user_id, RolePolicy.totp_required == sa.true())
    )
    return session.scalars(query).first() is not None


def require_totp(session: Session, role: str, *, required: bool) -> None:
    """Ask everybody with a role for a second factor, or no more."""
    row = session.get(RolePolicy, role)
    if row is None:
        row = RolePolicy(role=role, totp_required=required)
        session.add(row)
    row.totp_required = required
    session.flush()
    audit(session, "role.totp_required", f"role:{role}", after={"required": required}, company_id=0)


def policies(session: Session) -> frozenset[str]:
    """Return the roles that ask for a second factor."""
    query = sa.select(RolePolicy.role).where(RolePolicy.totp_required == sa.true())
    return frozenset(session.scalars(query))


def secret_of(session: Session, user: User) -> str:
    """Return the secret of a user; empty when there is none or its key is lost."""
    if user.totp_secret is None:
        return ""
    try:
        cipher = keys.load_keys(session.info["kernel"].config).cipher()
        owner, _, secret = cipher.decrypt(user.totp_secret.encode()).decode().partition(":")
    except (InvalidToken, KernelError):
        return ""
    return secret if owner == str(user.id) else ""


def _use_recovery_code(session: Session, user: User, code: str) -> bool:
    used = session.execute(
        sa.update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user.id,
            RecoveryCode.code_hash == hash_of(code.strip().lower()),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=clock.now())
        .returning(RecoveryCode.user_id)
    )
    if used.first() is None:
        return False
    audit(session, "user.recovery_code_used", f"user:{user.name}")
    return True
