"""Connections: the accounts of a company with platforms, each served by one addon."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from types import MappingProxyType
from typing import Any

from marshmallow import Schema
from marshmallow import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import clock
from core.db import next_id
from core.errors import Conflict
from core.errors import InputError
from core.errors import KernelError
from core.errors import NotFound
from core.kernel.kernel import Kernel
from core.kernel.models import Connection


@dataclass(frozen=True)
class ConnectionInfo:
    """A connection as addons and pages see it."""

    id: int
    company_id: int
    addon: str
    label: str
    account: str
    state: str
    settings: Mapping[str, Any] = field(repr=False)


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
    if addon not in kernel.enabled:
        kernel.manifest(addon)
        raise KernelError(
            f"The addon {addon} is not enabled.", hint=f"Run `entrepot addons enable {addon}`."
        )
    if not label.strip():
        raise InputError("a connection needs a label.", where="label")
    if _find(session, company_id, label) is not None:
        raise Conflict(f"There is a connection {label!r} already.", hint="Choose another label.")
    row = Connection(
        id=next_id(session),
        company_id=company_id,
        addon=addon,
        label=label,
        account=account or label,
        state="ok",
        settings=checked_settings(kernel.addon(addon), settings),
        created_at=clock.now(),
        row_version=1,
    )
    session.add(row)
    session.flush()
    return _info(row)


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
    return _info(row)


def list_connections(
    session: Session, *, company_id: int | None = None
) -> Sequence[ConnectionInfo]:
    """Return the connections of a company, or of all, by label."""
    query = select(Connection).order_by(Connection.company_id, Connection.label)
    if company_id is not None:
        query = query.where(Connection.company_id == company_id)
    return [_info(row) for row in session.scalars(query)]


def checked_settings(addon: Any, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings as the addon's `connection_schema` reads them, in their stored form.

    An addon without a schema takes no settings.
    """
    kind: type[Schema] | None = getattr(addon, "connection_schema", None)
    schema = kind() if kind is not None else Schema()
    try:
        stored: dict[str, Any] = schema.dump(schema.load(dict(settings)))
    except ValidationError as error:
        name, problem = next(iter(error.messages_dict.items()))
        said = " ".join(map(str, problem)) if isinstance(problem, list) else str(problem)
        known = ", ".join(sorted(schema.fields)) or "none"
        raise InputError(said, where=f"setting {name}", hint=f"Known settings: {known}.") from error
    return stored


def _kernel(session: Session) -> Kernel:
    kernel: Kernel = session.info["kernel"]
    return kernel


def _find(session: Session, company_id: int, label: str) -> Connection | None:
    return session.scalars(
        select(Connection).where(Connection.company_id == company_id, Connection.label == label)
    ).one_or_none()


def _info(row: Connection) -> ConnectionInfo:
    return ConnectionInfo(
        id=row.id,
        company_id=row.company_id,
        addon=row.addon,
        label=row.label,
        account=row.account,
        state=row.state,
        settings=MappingProxyType(dict(row.settings)),
    )


def as_document(connection: ConnectionInfo) -> dict[str, object]:
    """Return a connection as a JSON document."""
    return {
        "id": connection.id,
        "addon": connection.addon,
        "label": connection.label,
        "account": connection.account,
        "state": connection.state,
        "settings": dict(connection.settings),
    }
