"""Secrets of connections and addons: encrypted, each with the id of the key that it needs.

A text `$env:NAME` is kept as it is and looked up whenever it is used. The encrypted text says whose
secret it is, so that a token copied into another row cannot be used there.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from cryptography.fernet import InvalidToken
from sqlalchemy.orm import Session

from core.config import Config
from core.db import table_of
from core.errors import AuthFailed
from core.kernel import keys
from core.kernel.keys import Keyring
from core.kernel.models import Secret
from core.remembered import Remembered

REFERENCE = re.compile(r"\$env:([A-Za-z_][A-Za-z0-9_]*)")
PLAIN = ""
"""The key id of a reference, which is no secret itself."""

# By name: the kernel knows none of their modules, and must still not drop a key that they need.
SEALED = {
    "channels_raw_order": "personal_key",
    "invoicing_buyer": "key_id",
    "messages_message": "key_id",
    "privacy_record": "key_id",
    "webhooks_message": "key_id",
}
"""Which column of which table names the key of a sealed text."""


class SecretText:
    """A secret value in memory; it shows itself only to who asks for it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretText) and other._text == self._text

    __hash__ = None  # type: ignore[assignment]  # nothing is filed under a secret

    def reveal(self) -> str:
        """Return the secret, looked up in the environment where it is a reference.

        Raises: AuthFailed when the environment has no such variable.
        """
        name = variable_of(self._text)
        if name is None:
            return self._text
        value = os.environ.get(name)
        if not value:
            raise AuthFailed(f"The environment variable {name} is not set.")
        return value


@dataclass(frozen=True, order=True)
class Scope:
    """Whose secrets: those of an addon in the whole installation (0), or of one connection."""

    addon: str
    connection_id: int = 0


_STORED = Remembered(
    sa.select(*table_of(Secret).columns)
    .where(
        Secret.addon == sa.bindparam("addon"), Secret.connection_id == sa.bindparam("connection")
    )
    .order_by(Secret.field),
    ["kernel_secret"],
    tuple,
)


@dataclass(frozen=True, order=True)
class Lost:
    """A secret that cannot be read any more, and why."""

    scope: Scope
    field: str
    reason: str


def variable_of(text: str) -> str | None:
    """Return the name in a reference to the environment; None for any other text."""
    found = REFERENCE.fullmatch(text)
    return found[1] if found else None


def store_secrets(
    session: Session, config: Config, scope: Scope, values: Mapping[str, str]
) -> None:
    """Store secrets; those of other fields stay as they are."""
    if not values:
        return
    keyring = keys.ensure_keys(config)
    for field, value in values.items():
        row = session.get(Secret, (scope.addon, scope.connection_id, field))
        if row is None:
            row = Secret(addon=scope.addon, connection_id=scope.connection_id, field=field)
            session.add(row)
        if variable_of(value) is not None:
            row.token, row.key_id = value, PLAIN
        else:
            row.token, row.key_id = _encrypt(keyring, scope, field, value), keyring.newest
    session.flush()


def drop_secrets(session: Session, scope: Scope, fields: Iterable[str]) -> None:
    """Forget secrets."""
    session.execute(sa.delete(Secret).where(*_of(scope), Secret.field.in_(list(fields))))


def stored_fields(session: Session, scope: Scope) -> frozenset[str]:
    """Return for which fields a secret is stored, readable or not."""
    return frozenset(session.scalars(sa.select(Secret.field).where(*_of(scope))))


def read_secrets(
    session: Session, config: Config, scope: Scope
) -> tuple[dict[str, SecretText], list[Lost]]:
    """Return the secrets that can be read by field, and those that cannot."""
    rows = _STORED.of(session, addon=scope.addon, connection=scope.connection_id)
    if not rows:
        return {}, []
    keyring = keys.load_keys(config)
    read: dict[str, SecretText] = {}
    lost: list[Lost] = []
    for row in rows:
        reason = _reason(keyring, row)
        if reason:
            lost.append(Lost(scope, row.field, reason))
        else:
            read[row.field] = SecretText(_plain(keyring, row) or "")
    return read, lost


def lost_secrets(session: Session, config: Config) -> list[Lost]:
    """Return every secret that cannot be read, having tried each."""
    keyring = keys.load_keys(config)
    return sorted(
        Lost(Scope(row.addon, row.connection_id), row.field, reason)
        for row in session.scalars(sa.select(Secret))
        if (reason := _reason(keyring, row))
    )


def connections_without_key(session: Session, config: Config) -> frozenset[int]:
    """Return the connections that need a key or variable which is not there; tries no secret."""
    rows = session.scalars(sa.select(Secret).where(Secret.connection_id != 0)).all()
    if not rows:
        return frozenset()
    held = keys.load_keys(config).ids
    return frozenset(row.connection_id for row in rows if _missing(held, row))


def encrypt_anew(session: Session, config: Config) -> int:
    """Encrypt with the newest key whatever can be read and is not yet; return how many were."""
    keyring = keys.load_keys(config)
    count = 0
    stale = sa.select(Secret).where(Secret.key_id.not_in([PLAIN, *keyring.ids[:1]]))
    for row in session.scalars(stale):
        value = None if _missing(keyring.ids, row) else _plain(keyring, row)
        if value is not None:
            scope = Scope(row.addon, row.connection_id)
            row.token, row.key_id = _encrypt(keyring, scope, row.field, value), keyring.newest
            count += 1
    session.flush()
    return count


def used_keys(session: Session) -> frozenset[str]:
    """Return the ids of the keys that stored secrets and sealed texts need."""
    needed = [sa.select(Secret.key_id).where(Secret.key_id != PLAIN)]
    for table, name in SEALED.items():
        column: sa.ColumnClause[str] = sa.column(name, sa.Text())
        needed.append(sa.select(column).select_from(sa.table(table)).where(column.is_not(None)))
    return frozenset(session.scalars(sa.union(*needed)))


def _of(scope: Scope) -> tuple[sa.ColumnElement[bool], ...]:
    return Secret.addon == scope.addon, Secret.connection_id == scope.connection_id


def _missing(held: Collection[str], row: Any) -> str:
    """Say what a secret lacks, as far as that is known without trying it."""
    if row.key_id == PLAIN:
        name = variable_of(row.token)
        there = name is not None and os.environ.get(name)
        return "" if there else f"The environment variable {name} is not set."
    return "" if row.key_id in held else f"The key {row.key_id} is not there."


def _reason(keyring: Keyring, row: Any) -> str:
    missing = _missing(keyring.ids, row)
    if missing:
        return missing
    return "" if _plain(keyring, row) is not None else "It was changed since it was stored."


def _encrypt(keyring: Keyring, scope: Scope, field: str, value: str) -> str:
    text = json.dumps([scope.addon, scope.connection_id, field, value])
    return keyring.cipher().encrypt(text.encode()).decode("ascii")


def _plain(keyring: Keyring, row: Any) -> str | None:
    """Return a stored secret; None when it is damaged or belongs to another row."""
    if row.key_id == PLAIN:
        return str(row.token)
    try:
        text = keyring.cipher().decrypt(row.token.encode())
    except InvalidToken:
        return None
    *owner, value = json.loads(text)
    return value if owner == [row.addon, row.connection_id, row.field] else None
