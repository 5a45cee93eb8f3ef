"""Connecting with a test before the save: entry points that open their own transactions.

The connector asks its platform between two transactions, never inside one.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any

from core.errors import AddonFailed
from core.errors import EntrepotError
from core.errors import KernelError
from core.kernel import connection_states
from core.kernel import connections
from core.kernel import faults
from core.kernel import hooks
from core.kernel.connections import ConnectionInfo
from core.kernel.context import running_addon
from core.kernel.jobs import JobContext
from core.kernel.kernel import Kernel
from core.kernel.schema import check_settings


def connectable(kernel: Kernel) -> frozenset[str]:
    """Return the enabled addons through which accounts can be connected."""
    offered = {addon for addon, _item in hooks.collect(kernel, "connectors")}
    declared = {name for name in kernel.enabled if connections.connection_schema(kernel, name)}
    return frozenset(offered | declared)


def connect(
    kernel: Kernel,
    addon: str,
    label: str,
    settings: Mapping[str, Any],
    *,
    company_id: int,
    account: str = "",
    test: bool = True,
) -> ConnectionInfo:
    """Make a connection, once its settings have been tried.

    Raises: what `create_connection` and `try_settings` raise; then nothing was stored.
    """
    connections.require_enabled(kernel, addon)
    kind = connections.connection_schema(kernel, addon)
    checked = check_settings(kind, settings)
    tried = test and try_settings(kernel, addon, checked.loaded)
    with kernel.db.write() as session:
        made = connections.create_connection(
            session, addon, label, settings, company_id=company_id, account=account
        )
        if tried and made.state == connections.OK:
            connection_states.note_success(session, made)
        return connections.connection_by_id(session, made.id, company_id=company_id)


def reconnect(
    kernel: Kernel,
    connection: ConnectionInfo,
    settings: Mapping[str, Any],
    *,
    row_version: int,
    unset: Iterable[str] = (),
    test: bool = True,
) -> ConnectionInfo:
    """Change a connection's settings, once the new ones have been tried.

    Raises: what `change_connection` and `try_settings` raise; then nothing was stored.
    """
    gone = tuple(unset)
    with kernel.db.read() as session:
        loaded = connections.recheck(session, connection, settings, unset=gone).loaded
    tried = test and try_settings(kernel, connection.addon, loaded)
    with kernel.db.write() as session:
        made = connections.change_connection(
            session, connection, settings, row_version=row_version, unset=gone
        )
        if tried:
            connection_states.note_success(session, made)
        return connections.connection_by_id(session, made.id, company_id=made.company_id)


def test_connection(kernel: Kernel, connection: ConnectionInfo) -> ConnectionInfo:
    """Try the stored settings of a connection, record how it went, and return it as it is then.

    A failure is told by the state and `last_error`; nothing is raised for it.
    """
    connections.require_enabled(kernel, connection.addon)
    error: EntrepotError | None = None
    try:
        with kernel.db.read() as session:
            loaded = connections.full_settings(session, connection)
        tried = try_settings(kernel, connection.addon, loaded)
    except EntrepotError as problem:
        tried, error = True, problem
    with kernel.db.write() as session:
        if error is not None:
            connection_states.note_failure(session, connection, error)
        elif tried:
            connection_states.note_success(session, connection)
        return connections.connection_by_id(
            session, connection.id, company_id=connection.company_id
        )


def job_connection(context: JobContext) -> ConnectionInfo:
    """Return the connection that a job works for.

    Raises: NotFound when it works for none, or the connection is gone.
    """
    with context.kernel.db.read() as session:
        return connections.connection_by_id(
            session, context.connection_id or 0, company_id=context.company_id or 0
        )


def try_settings(kernel: Kernel, addon: str, loaded: Mapping[str, Any]) -> bool:
    """Let the addon's connector try settings; False when it has no test, or nothing to try yet.

    Raises: ConnectorError or another EntrepotError as the connector raised it, AddonFailed.
    """
    if faults.transaction_open():
        raise KernelError("A connection must not be tried inside a transaction.")
    test = _test_of(kernel, addon)
    if test is None:
        return False
    try:
        with running_addon(addon):
            return test(loaded) is not False
    except EntrepotError:
        raise
    except faults.BOUNDARY as error:
        faults.record(kernel, addon, "connector:test", error)
        # The words of an unexpected error may hold what was entered: they are in the fault only.
        raise AddonFailed(
            f"{addon} failed while it tried the connection: {type(error).__name__}.",
            hint=f"`entrepot addons info {addon}` shows the fault.",
        ) from error


def _test_of(kernel: Kernel, addon: str) -> Callable[[Mapping[str, Any]], Any] | None:
    # Here, since channels stand on the kernel.
    from core.channels.trying import asker

    for name, connector in hooks.collect(kernel, "connectors"):
        if name == addon and callable(getattr(connector, "check_account", None)):
            return asker(kernel, addon, connector)
        if name == addon and callable(getattr(connector, "test", None)):
            tried: Callable[[Mapping[str, Any]], Any] = connector.test
            return tried
    return None
