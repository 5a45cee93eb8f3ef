"""Asking a platform what it paid to the bank and what is to come, beside the settlements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import httpx2

from core.channels.calling import as_addon
from core.channels.calling import calling
from core.channels.calling import connector_with
from core.channels.calling import noting_failure
from core.channels.external import PayoutSeen
from core.kernel.connection_states import note_success
from core.kernel.connections import ConnectionInfo
from core.kernel.kernel import Kernel

METHOD = "read_payouts"


def read_payouts(
    kernel: Kernel,
    connection: ConnectionInfo,
    since: datetime,
    *,
    transport: httpx2.BaseTransport | None = None,
) -> Sequence[PayoutSeen]:
    """Return what a platform is going to pay, and what it has paid since a moment.

    Nothing is booked by it: what was settled says the settlement, what arrived says the bank.
    Raises: NotFound where a platform tells nothing of it, ConnectorError, AddonFailed.
    """
    connector = connector_with(kernel, connection, METHOD, "tells nothing of payouts")
    with (
        noting_failure(kernel, connection),
        calling(kernel, connection, connector, transport) as call,
        as_addon(kernel, connection.addon, f"connector:{METHOD}", "Ask again."),
    ):
        found: Sequence[PayoutSeen] = connector.read_payouts(call, since)
    with kernel.db.write() as session:
        note_success(session, connection)
    return found
