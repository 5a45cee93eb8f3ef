"""Fetching disputes: page by page, each with its cursor in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass
from typing import Any

import httpx2
from sqlalchemy.orm import Session

from core.channels.calling import connector_with
from core.channels.pulling import pull_pages
from core.disputes.storing import keep_disputes
from core.kernel.connections import ConnectionInfo
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

    def keep(session: Session, records: Sequence[Any]) -> None:
        for name, count in keep_disputes(session, account, records).items():
            setattr(result, name, getattr(result, name) + count)
        result.pages += 1
        result.told += len(records)

    pull_pages(
        kernel, connection, connector, "pull_disputes", CAPABILITY, keep, transport=transport
    )
    return result
