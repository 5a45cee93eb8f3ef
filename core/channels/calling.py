"""Calling a connection's connector: with its secrets, outside any transaction, at its own fault."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from core.channels.capabilities import Call
from core.channels.capabilities import ClientOptions
from core.errors import AddonFailed
from core.errors import AuthFailed
from core.errors import ConnectorError
from core.errors import EntrepotError
from core.errors import KernelError
from core.errors import NotFound
from core.errors import RateLimited
from core.errors import Unavailable
from core.http.client import HttpClient
from core.http.tokens import token_signer
from core.kernel import faults
from core.kernel import hooks
from core.kernel.connection_states import note_failure
from core.kernel.connections import PAUSED
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import full_settings
from core.kernel.context import running_addon
from core.kernel.faults import BOUNDARY
from core.kernel.kernel import Kernel


def connector_with(kernel: Kernel, connection: ConnectionInfo, method: str, does: str) -> Any:
    """Return the connector of a connection's addon that has a method.

    Raises: NotFound when it has none, `does` says what it then cannot do.
    """
    for addon, connector in hooks.collect(kernel, "connectors"):
        if addon == connection.addon and callable(getattr(connector, method, None)):
            return connector
    raise NotFound(
        f"The addon {connection.addon} of connection {connection.label!r} {does}.",
        hint="Choose a connection of another addon, and see that its addon is enabled.",
    )


@contextmanager
def as_addon(kernel: Kernel, addon: str, place: str, hint: str) -> Iterator[None]:
    """Run a connector; what it throws beside our own errors becomes a fault of its own.

    Raises: AddonFailed instead, with the hint.
    """
    if faults.transaction_open():
        raise KernelError("A platform must not be asked inside a transaction.")
    try:
        with running_addon(addon):
            yield
    except EntrepotError:
        raise
    except BOUNDARY as error:
        faults.record(kernel, addon, place, error)
        # The words of an unexpected error may hold a secret: they are in the fault only.
        raise AddonFailed(f"{addon} failed: {type(error).__name__}.", hint=hint) from error


@contextmanager
def noting_failure(kernel: Kernel, connection: ConnectionInfo) -> Iterator[None]:
    """Write down why a connection does not work, and pass the error on."""
    try:
        yield
    except (ConnectorError, AddonFailed) as error:
        with kernel.db.write() as session:
            note_failure(session, connection, error)
        raise


@contextmanager
def calling(
    kernel: Kernel,
    connection: ConnectionInfo,
    connector: Any,
    transport: httpx2.BaseTransport | None = None,
) -> Iterator[Call]:
    """Give what a connector needs to work for a connection.

    Raises: KernelError while it is paused, AuthFailed when a secret cannot be read.
    """
    if connection.state == PAUSED:
        raise KernelError(
            f"The connection {connection.label!r} is paused.",
            hint=f"`entrepot connections resume {connection.label}` lets it go on.",
        )
    with kernel.db.read() as session:
        settings = full_settings(session, connection)
    with as_addon(kernel, connection.addon, "connector:client_options", "Nothing was asked."):
        options: ClientOptions = connector.client_options(settings)
    with HttpClient(
        kernel,
        connection.addon,
        connection,
        base_url=options.base_url,
        signer=options.signer or token_signer(kernel, connection, transport),
        limits=options.limits,
        learn=options.learn,
        transport=transport,
    ) as http:
        http.heed(options.judge, options.rest, options.stamp)
        yield Call(connection, settings, http)


def is_passing(error: ConnectorError) -> bool:
    """Say whether an error will pass, or is one of the credentials, rather than of the request."""
    return isinstance(error, AuthFailed | RateLimited | Unavailable)
