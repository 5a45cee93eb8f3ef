"""Fetching what a platform holds back: a list of all of it, walked to its end each time.

What stands in the list no more was released. A walk that is cut off goes on at the page that was
not stored, and only its end says what was released.
"""

from __future__ import annotations

from dataclasses import asdict
from dataclasses import dataclass

import httpx2

from core import clock
from core.channels.calling import calling
from core.channels.calling import connector_with
from core.channels.calling import noting_failure
from core.channels.cursors import place_of
from core.channels.cursors import store_place
from core.channels.external import HeldMoney
from core.channels.walking import fetcher
from core.channels.walking import walk
from core.errors import MappingError
from core.kernel.connection_states import note_success
from core.kernel.connections import ConnectionInfo
from core.kernel.cursors import read_cursor
from core.kernel.kernel import Kernel
from core.settlements.accounts import orders_through
from core.settlements.holding import PlatformAccount
from core.settlements.holding import keep_held
from core.settlements.holding import release_unseen

CAPABILITY = "held.import"


@dataclass(slots=True)
class HeldResult:
    """How many events a platform holds back, and how many it released since the last time."""

    pages: int = 0
    held: int = 0
    released: int = 0

    def as_json(self) -> dict[str, int]:
        """Return the result as the command line shows it."""
        return asdict(self)


def pull_held(
    kernel: Kernel,
    connection: ConnectionInfo,
    *,
    transport: httpx2.BaseTransport | None = None,
) -> HeldResult:
    """Fetch all that a platform holds back for an account.

    Raises: ConnectorError as the connector raised it, AddonFailed; what came before is kept.
    """
    connector = connector_with(kernel, connection, "pull_held", "tells of no money that is held")
    result = HeldResult()
    with kernel.db.read() as session:
        orders = orders_through(kernel, session, connection, connector.platform)
        read = read_cursor(session, connection, CAPABILITY)
    account = PlatformAccount(connection.company_id, connector.platform, connection.account, orders)
    start = place_of(read)
    # A walk that goes on where another one was cut off began when that one did, or a little before.
    began = clock.now() if start.page is None else start.window.until
    with (
        noting_failure(kernel, connection),
        calling(kernel, connection, connector, transport) as call,
    ):
        fetch = fetcher(kernel, connector, "pull_held", call)
        for page, following in walk(fetch, start):
            records = [each for each in page.records if isinstance(each, HeldMoney)]
            if len(records) < len(page.records):
                # A list with a gap would say of money that it was released.
                raise MappingError("held money", "a record that cannot be read")
            with kernel.db.write() as session:
                result.held += keep_held(session, account, records)
                if following.page is None:
                    result.released = release_unseen(session, account, began)
                read = store_place(session, connection, read, following)
            result.pages += 1
    with kernel.db.write() as session:
        note_success(session, connection)
    return result
