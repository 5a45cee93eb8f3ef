"""Fetching the returns of a platform: page by page, each with its cursor in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from dataclasses import dataclass

import httpx2

from core.channels.calling import calling
from core.channels.calling import connector_with
from core.channels.calling import noting_failure
from core.channels.cursors import LAG
from core.channels.cursors import place_of
from core.channels.cursors import store_place
from core.channels.external import ExternalReturn
from core.channels.walking import fetcher
from core.channels.walking import walk
from core.kernel.connection_states import note_success
from core.kernel.connections import ConnectionInfo
from core.kernel.cursors import read_cursor
from core.kernel.kernel import Kernel
from core.orders.announcing import keep_returns
from core.orders.arrivals import note_arrivals_by_ref
from core.orders.lookups import Account

CAPABILITY = "returns.import"


@dataclass(slots=True)
class ReturnsResult:
    """What became of the returns of a run; `arrived` are those whose goods were back already."""

    pages: int = 0
    received: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    superseded: int = 0
    unreadable: int = 0
    arrived: int = 0

    def as_json(self) -> dict[str, int]:
        """Return the result as the command line shows it."""
        return asdict(self)


def pull_returns(
    kernel: Kernel,
    connection: ConnectionInfo,
    *,
    transport: httpx2.BaseTransport | None = None,
    on_page: Callable[[ReturnsResult], None] = lambda _result: None,
) -> ReturnsResult:
    """Fetch the returns that changed since the last run; told again they change nothing.

    Raises: ConnectorError as the connector raised it, AddonFailed; what came before is kept.
    """
    connector = connector_with(kernel, connection, "pull_returns", "tells of no returns")
    account = Account(connection.company_id, connector.platform, connection.account)
    result = ReturnsResult()
    with kernel.db.read() as session:
        read = read_cursor(session, connection, CAPABILITY)
    start = place_of(read, getattr(connector, "lag", LAG))
    with (
        noting_failure(kernel, connection),
        calling(kernel, connection, connector, transport) as call,
    ):
        for page, following in walk(fetcher(kernel, connector, "pull_returns", call), start):
            with kernel.db.write() as session:
                outcomes = keep_returns(session, account, page.records)
                told = (each for each in page.records if isinstance(each, ExternalReturn))
                orders = {each.order_id for each in told}
                outcomes["arrived"] = note_arrivals_by_ref(session, account, orders)
                read = store_place(session, connection, read, following)
            _count(result, len(page.records), outcomes)
            on_page(result)
    with kernel.db.write() as session:
        note_success(session, connection)
    return result


def _count(result: ReturnsResult, received: int, outcomes: Counter[str]) -> None:
    result.pages += 1
    result.received += received
    for name, count in outcomes.items():
        setattr(result, name, getattr(result, name) + count)
