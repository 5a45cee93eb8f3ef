"""Fetching the returns of a platform: page by page, each with its cursor in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass
from typing import Any

import httpx2
from sqlalchemy.orm import Session

from core.channels.calling import connector_with
from core.channels.external import ExternalReturn
from core.channels.pulling import pull_pages
from core.kernel.connections import ConnectionInfo
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

    def keep(session: Session, records: Sequence[Any]) -> None:
        outcomes = keep_returns(session, account, records)
        orders = {each.order_id for each in records if isinstance(each, ExternalReturn)}
        outcomes["arrived"] = note_arrivals_by_ref(session, account, orders)
        _count(result, len(records), outcomes)

    pull_pages(
        kernel,
        connection,
        connector,
        "pull_returns",
        CAPABILITY,
        keep,
        transport=transport,
        on_page=lambda: on_page(result),
    )
    return result


def _count(result: ReturnsResult, received: int, outcomes: Counter[str]) -> None:
    result.pages += 1
    result.received += received
    for name, count in outcomes.items():
        setattr(result, name, getattr(result, name) + count)
