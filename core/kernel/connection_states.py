"""How connections fare: ok, needs_credentials, retrying, paused or error."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.errors import AuthFailed
from core.errors import EntrepotError
from core.errors import RateLimited
from core.errors import Unavailable
from core.identity.audit import audit
from core.kernel import hooks
from core.kernel import secrets
from core.kernel.connections import NEEDS_CREDENTIALS
from core.kernel.connections import OK
from core.kernel.connections import PAUSED
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import bump
from core.kernel.connections import connection_by_id
from core.kernel.models import Connection
from core.kernel.secrets import Lost

RETRYING = "retrying"
ERROR = "error"
STATES = (OK, NEEDS_CREDENTIALS, RETRYING, PAUSED, ERROR)

MAX_TEXT = 2000


def note_success(session: Session, connection: ConnectionInfo) -> None:
    """Record that a connection has just worked."""
    _turn(session, connection, OK, error=None, worked=True)


def note_failure(session: Session, connection: ConnectionInfo, error: EntrepotError) -> None:
    """Record why a connection did not work; a paused one stays paused."""
    _turn(session, connection, state_after(error), error=str(error)[:MAX_TEXT])


def state_after(error: EntrepotError) -> str:
    """Return the state into which an error brings a connection."""
    if isinstance(error, AuthFailed):
        return NEEDS_CREDENTIALS
    return RETRYING if isinstance(error, RateLimited | Unavailable) else ERROR


def pause(
    session: Session, connection: ConnectionInfo, *, row_version: int | None = None
) -> ConnectionInfo:
    """Stop what a connection does by itself until it is resumed.

    Raises: Conflict when the connection was changed since `row_version`.
    """
    return _switch(session, connection, PAUSED, row_version)


def resume(
    session: Session, connection: ConnectionInfo, *, row_version: int | None = None
) -> ConnectionInfo:
    """Let a paused connection go on; its next work or test tells how it fares.

    Raises: Conflict when the connection was changed since `row_version`.
    """
    return _switch(session, connection, OK, row_version)


def mark_lost(session: Session) -> list[Lost]:
    """Return every secret that cannot be read; their connections need credentials from now on."""
    lost = secrets.lost_secrets(session, session.info["kernel"].config)
    by_connection = {each.scope.connection_id: each for each in reversed(lost)}
    by_connection.pop(0, None)
    for connection_id, each in sorted(by_connection.items()):
        row = session.get(Connection, connection_id)
        if row is not None:
            connection = connection_by_id(session, row.id, company_id=row.company_id)
            reason = f"The secret {each.field} cannot be read: {each.reason}"
            _turn(session, connection, NEEDS_CREDENTIALS, error=reason)
    return lost


def _switch(
    session: Session, connection: ConnectionInfo, state: str, row_version: int | None
) -> ConnectionInfo:
    row = session.get_one(Connection, connection.id)
    if (row.state == PAUSED) != (state == PAUSED):
        bump(session, row.id, row.row_version if row_version is None else row_version)
        _turn(session, connection, state, error=None, by_hand=True)
        verb = "paused" if state == PAUSED else "resumed"
        subject = f"connection:{connection.label}"
        audit(session, f"connection.{verb}", subject, company_id=connection.company_id)
    return connection_by_id(session, connection.id, company_id=connection.company_id)


def _turn(
    session: Session,
    connection: ConnectionInfo,
    state: str,
    *,
    error: str | None,
    worked: bool = False,
    by_hand: bool = False,
) -> None:
    query = sa.select(Connection).where(Connection.id == connection.id).with_for_update()
    row = session.scalars(query.execution_options(populate_existing=True)).one()
    before = row.state
    row.state = PAUSED if before == PAUSED and not by_hand else state
    row.last_error = error
    if worked:
        row.last_ok_at = clock.now()
    session.flush()
    if row.state != before:
        after = connection_by_id(session, row.id, company_id=row.company_id)
        hooks.observe(session, "connection_state_changed", connection=after, before=before)
