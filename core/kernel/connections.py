"""Connections: the accounts of a company with platforms, each served by one addon."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from marshmallow import Schema
from sqlalchemy import select
from sqlalchemy import update
from sqlalchemy.orm import Session

from core import clock
from core.errors import AuthFailed
from core.errors import Conflict
from core.errors import InputError
from core.errors import KernelError
from core.errors import NotFound
from core.identity.audit import audit
from core.ids import next_id
from core.kernel import faults
from core.kernel import secrets
from core.kernel.kernel import Kernel
from core.kernel.models import Connection
from core.kernel.schema import Checked
from core.kernel.schema import check_settings
from core.kernel.schema import secret_fields
from core.kernel.schema import up_to_date
from core.kernel.secrets import Scope
from core.kernel.secrets import SecretText
from core.kernel.settings import changed_meanwhile

OK = "ok"
NEEDS_CREDENTIALS = "needs_credentials"
PAUSED = "paused"


@dataclass(frozen=True)
class ConnectionInfo:
    """A connection as addons and pages see it; its secrets are not part of it."""

    id: int
    company_id: int
    addon: str
    label: str
    account: str
    state: str
    settings: Mapping[str, Any] = field(repr=False)
    last_error: str | None = None
    last_ok_at: datetime | None = None
    row_version: int = 1


def create_connection(
    session: Session,
    addon: str,
    label: str,
    settings: Mapping[str, Any],
    *,
    company_id: int,
    account: str = "",
) -> ConnectionInfo:
    """Store a connection after the addon's schema has checked its settings.

    `account` is the platform's name for the account, and part of the key of every order: the same
    account connected again under another label brings the same orders. Default: the label.

    Raises: NotFound for the addon, Conflict for the label, InputError naming the setting.
    """
    kernel = _kernel(session)
    require_enabled(kernel, addon)
    if not label.strip():
        raise InputError("a connection needs a label.", where="label")
    if _find(session, company_id, label) is not None:
        raise Conflict(f"There is a connection {label!r} already.", hint="Choose another label.")
    checked = check_settings(connection_schema(kernel, addon), settings)
    row = Connection(
        id=next_id(session),
        company_id=company_id,
        addon=addon,
        label=label,
        account=account or label,
        # Settings alone do not open an account that a person must authorise.
        state=OK if _opens_by_settings(kernel, addon, checked.loaded) else NEEDS_CREDENTIALS,
        settings=checked.stored,
        settings_version=checked.version,
        created_at=clock.now(),
        row_version=1,
    )
    session.add(row)
    session.flush()
    secrets.store_secrets(session, kernel.config, Scope(addon, row.id), checked.secrets)
    _note(session, "connection.added", row.company_id, label, checked)
    return _infos(session, [row])[0]


def change_connection(
    session: Session,
    connection: ConnectionInfo,
    settings: Mapping[str, Any],
    *,
    row_version: int,
    unset: Iterable[str] = (),
) -> ConnectionInfo:
    """Replace a connection's settings; a secret left out stays, unless it is in `unset`.

    `row_version` is what the form was filled from: settings changed since are not overwritten.

    Raises: SettingsRefused, Conflict.
    """
    kernel = _kernel(session)
    scope = scope_of(connection)
    checked = recheck(session, connection, settings, unset=unset)
    bump(session, connection.id, row_version, checked)
    secrets.drop_secrets(session, scope, unset)
    secrets.store_secrets(session, kernel.config, scope, checked.secrets)
    _note(session, "connection.changed", connection.company_id, connection.label, checked)
    return connection_by_id(session, connection.id, company_id=connection.company_id)


def _note(session: Session, action: str, company_id: int, label: str, checked: Checked) -> None:
    """Write into the audit trail which settings were given; values stay out, secrets above all."""
    fields = sorted({*checked.stored, *checked.secrets})
    audit(session, action, f"connection:{label}", after={"fields": fields}, company_id=company_id)


def recheck(
    session: Session,
    connection: ConnectionInfo,
    settings: Mapping[str, Any],
    *,
    unset: Iterable[str] = (),
) -> Checked:
    """Check new settings of a connection together with the secrets that it keeps.

    Raises: SettingsRefused.
    """
    kernel = _kernel(session)
    require_enabled(kernel, connection.addon)
    kept, _ = secrets.read_secrets(session, kernel.config, scope_of(connection))
    left = {name: secret for name, secret in kept.items() if name not in set(unset)}
    return check_settings(connection_schema(kernel, connection.addon), settings, left)


def bump(
    session: Session, connection_id: int, row_version: int, checked: Checked | None = None
) -> None:
    """Take the next row version, with new settings if given, unless somebody else took it.

    Raises: Conflict.
    """
    values: dict[str, Any] = {"row_version": row_version + 1}
    if checked is not None:
        values |= {"settings": checked.stored, "settings_version": checked.version}
    held = update(Connection).where(
        Connection.id == connection_id, Connection.row_version == row_version
    )
    changed = session.scalars(held.values(**values).returning(Connection.id)).all()
    if not changed:
        raise changed_meanwhile()
    session.expire_all()


def get_connection(session: Session, label: str, *, company_id: int) -> ConnectionInfo:
    """Return the connection of that label.

    Raises: NotFound.
    """
    row = _find(session, company_id, label)
    if row is None:
        raise NotFound(
            f"There is no connection {label!r}.",
            hint="`entrepot connections list` shows them, `entrepot connections add` makes one.",
        )
    return _infos(session, [row])[0]


def connection_by_id(session: Session, connection_id: int, *, company_id: int) -> ConnectionInfo:
    """Return a company's connection by its id.

    Raises: NotFound.
    """
    row = session.get(Connection, connection_id)
    if row is None or row.company_id != company_id:
        raise NotFound("There is no such connection.")
    return _infos(session, [row])[0]


def list_connections(
    session: Session, *, company_id: int | None = None
) -> Sequence[ConnectionInfo]:
    """Return the connections of a company, or of all, by label."""
    query = select(Connection).order_by(Connection.company_id, Connection.label)
    if company_id is not None:
        query = query.where(Connection.company_id == company_id)
    return _infos(session, session.scalars(query).all())


def full_settings(session: Session, connection: ConnectionInfo) -> Mapping[str, Any]:
    """Return a connection's settings as its addon loads them, secrets among them.

    Raises: AuthFailed when a secret cannot be read, SettingsRefused when the addon's schema has
    become stricter, KernelError when a newer version of the addon has stored them.
    """
    kernel = _kernel(session)
    kind = connection_schema(kernel, connection.addon)
    read, lost = secrets.read_secrets(session, kernel.config, scope_of(connection))
    if lost:
        raise AuthFailed(
            f"The secret {lost[0].field} of {connection.label} cannot be read: {lost[0].reason}",
            hint="Enter it again.",
        )
    row = session.get_one(Connection, connection.id)
    data = up_to_date(kind, row.settings_version, row.settings)
    hidden = secret_fields(kind)
    kept: dict[str, SecretText] = {name: read[name] for name in hidden if name in read}
    return check_settings(kind, data, kept).loaded


def connection_schema(kernel: Kernel, addon: str) -> type[Schema] | None:
    """Return the schema of the settings of an addon's connections; None: it takes none."""
    kind: type[Schema] | None = getattr(
        kernel.registry.addons.get(addon), "connection_schema", None
    )
    return kind


def _opens_by_settings(kernel: Kernel, addon: str, given: Mapping[str, Any]) -> bool:
    declared = getattr(kernel.registry.addons.get(addon), "oauth", None)
    opening = (getattr(declared, name, "") for name in ("refresh_setting", "token_setting"))
    return declared is None or any(given.get(name) for name in opening)


def require_enabled(kernel: Kernel, addon: str) -> None:
    """Stop unless an addon is enabled.

    Raises: NotFound or KernelError.
    """
    if addon not in kernel.enabled:
        kernel.manifest(addon)
        raise KernelError(
            f"The addon {addon} is not enabled.", hint=f"Run `entrepot addons enable {addon}`."
        )


def scope_of(connection: ConnectionInfo) -> Scope:
    """Return whose secrets a connection's are."""
    return Scope(connection.addon, connection.id)


def as_document(connection: ConnectionInfo) -> dict[str, object]:
    """Return a connection as a JSON document."""
    at = connection.last_ok_at
    return {
        "id": connection.id,
        "addon": connection.addon,
        "label": connection.label,
        "account": connection.account,
        "state": connection.state,
        "last_error": connection.last_error,
        "last_ok_at": at.isoformat() if at else None,
        "settings": dict(connection.settings),
        "row_version": connection.row_version,
    }


def _kernel(session: Session) -> Kernel:
    kernel: Kernel = session.info["kernel"]
    return kernel


def _find(session: Session, company_id: int, label: str) -> Connection | None:
    return session.scalars(
        select(Connection).where(Connection.company_id == company_id, Connection.label == label)
    ).one_or_none()


def _infos(session: Session, rows: Sequence[Connection]) -> list[ConnectionInfo]:
    kernel = _kernel(session)
    keyless = secrets.connections_without_key(session, kernel.config)
    return [_info(kernel, row, keyless=row.id in keyless) for row in rows]


def _info(kernel: Kernel, row: Connection, *, keyless: bool) -> ConnectionInfo:
    return ConnectionInfo(
        id=row.id,
        company_id=row.company_id,
        addon=row.addon,
        label=row.label,
        account=row.account,
        # Told at once, even before anybody has tried it and written it down.
        state=NEEDS_CREDENTIALS if keyless and row.state != PAUSED else row.state,
        settings=MappingProxyType(_shown(kernel, row)),
        last_error=row.last_error,
        last_ok_at=row.last_ok_at,
        row_version=row.row_version,
    )


def _shown(kernel: Kernel, row: Connection) -> dict[str, Any]:
    kind = connection_schema(kernel, row.addon)
    try:
        return dict(up_to_date(kind, row.settings_version, row.settings))
    except KernelError:
        return dict(row.settings)
    except faults.BOUNDARY as error:
        faults.record(kernel, row.addon, "settings", error)
        return dict(row.settings)
