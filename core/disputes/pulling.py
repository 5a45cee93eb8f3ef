"""Fetching disputes: page by page, each with its cursor in one transaction."""

from __future__ import annotations

from dataclasses import asdict
from dataclasses import dataclass

import httpx2

from core.channels.calling import calling
from core.channels.calling import connector_with
from core.channels.calling import noting_failure
from core.channels.cursors import LAG
from core.channels.cursors import place_of
from core.channels.cursors import store_place
from core.channels.walking import fetcher
from core.channels.walking import walk
from core.disputes.storing import keep_disputes
from core.kernel.connection_states import note_success
from core.kernel.connections import ConnectionInfo
from core.kernel.cursors import read_cursor
from core.kernel.kernel import Kernel
from core.orders.lookups import Account

CAPABILITY = "disputes.import"


@dataclass(slots=True)
class PulledDisputes:
    """How many disputes were told, and what became of them."""

    pages: int = 0
    told: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    unreadable: int = 0

    def as_json(self) -> dict[str, int]:
        """Return the result as the command line shows it."""
        return asdict(self)


def pull_disputes(
    kernel: Kernel,
    connection: ConnectionInfo,
    *,
    transport: httpx2.BaseTransport | None = None,
) -> PulledDisputes:
    """Fetch how disputes stand; told again they change nothing.

    Raises: ConnectorError as the connector raised it, AddonFailed; what came before is kept.
    """
    connector = connector_with(kernel, connection, "pull_disputes", "tells of no disputes")
    account = Account(connection.company_id, connector.platform, connection.account)
    result = PulledDisputes()
    with kernel.db.read() as session:
        read = read_cursor(session, connection, CAPABILITY)
    start = place_of(read, getattr(connector, "lag", LAG))
    with (
        noting_failure(kernel, connection),
        calling(kernel, connection, connector, transport) as call,
    ):
        for page, following in walk(fetcher(kernel, connector, "pull_disputes", call), start):
            with kernel.db.write() as session:
                outcomes = keep_disputes(session, account, page.records)
                read = store_place(session, connection, read, following)
            result.pages += 1
            result.told += len(page.records)
            for name, count in outcomes.items():
                setattr(result, name, getattr(result, name) + count)
    with kernel.db.write() as session:
        note_success(session, connection)
    return result
