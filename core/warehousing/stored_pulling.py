"""Fetching what lies in a platform's own warehouses: all of it, and then what differs from us."""

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
from core.channels.external import StoredGoods
from core.channels.walking import fetcher
from core.channels.walking import walk
from core.errors import MappingError
from core.kernel.connection_states import note_success
from core.kernel.connections import ConnectionInfo
from core.kernel.cursors import read_cursor
from core.kernel.kernel import Kernel
from core.stock.warehouses import platform_warehouse
from core.warehousing.stored import StoredAt
from core.warehousing.stored import forget_untold
from core.warehousing.stored import keep_stored
from core.warehousing.stored import note_differences

CAPABILITY = "stored.import"


@dataclass(slots=True)
class StoredResult:
    """How many listings a platform stores, and of how many SKUs our books hold another number."""

    listings: int = 0
    differing: int = 0

    def as_json(self) -> dict[str, int]:
        """Return the result as the command line shows it."""
        return asdict(self)


def pull_stored(
    kernel: Kernel,
    connection: ConnectionInfo,
    *,
    transport: httpx2.BaseTransport | None = None,
) -> StoredResult:
    """Fetch what lies with a platform, and note what differs from our books.

    Raises: NotFound where no warehouse stands for the platform's, ConnectorError, AddonFailed.
    """
    connector = connector_with(kernel, connection, "pull_stored", "stores no goods")
    company_id, result = connection.company_id, StoredResult()
    with kernel.db.read() as session:
        place = platform_warehouse(
            session, company_id, str(connection.settings.get("stored_in") or "")
        )
        read = read_cursor(session, connection, CAPABILITY)
    where = StoredAt(company_id, connector.platform, connection.account, place)
    start = place_of(read)
    # A walk that goes on where another one was cut off began when that one did, or a little before.
    began = clock.now() if start.page is None else start.window.until
    with (
        noting_failure(kernel, connection),
        calling(kernel, connection, connector, transport) as call,
    ):
        fetch = fetcher(kernel, connector, "pull_stored", call)
        for page, following in walk(fetch, start):
            told = [each for each in page.records if isinstance(each, StoredGoods)]
            if len(told) < len(page.records):
                # A list with a gap would say that nothing is there.
                raise MappingError("stored goods", "a record that cannot be read")
            with kernel.db.write() as session:
                keep_stored(session, where, told)
                if following.page is None:
                    forget_untold(session, where, began)
                    result.differing = note_differences(session, company_id)
                read = store_place(session, connection, read, following)
            result.listings += len(told)
    with kernel.db.write() as session:
        note_success(session, connection)
    return result
