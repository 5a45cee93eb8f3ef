"""Fetching messages of buyers: what was written since the last run, and once more a little before.

The cursor moves in the transaction that stores a page. A message is known by the platform's name
for it, so that the same page twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass
from typing import Any

import httpx2
from sqlalchemy.orm import Session

from core.channels.calling import connector_with
from core.channels.external import ExternalMessage
from core.channels.pulling import pull_pages
from core.kernel.connections import ConnectionInfo
from core.kernel.kernel import Kernel
from core.messages.storing import keep_messages

CAPABILITY = "messages.import"


@dataclass(slots=True)
class PulledMessages:
    """How many messages were told and how many of them were new; `unreadable` ones are left out."""

    pages: int = 0
    told: int = 0
    new: int = 0
    unreadable: int = 0

    def as_json(self) -> dict[str, int]:
        """Return the result as the command line shows it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class MessageAccount:
    """The account whose buyers write."""

    company_id: int
    platform: str
    account: str


def pull_messages(
    kernel: Kernel,
    connection: ConnectionInfo,
    *,
    transport: httpx2.BaseTransport | None = None,
) -> PulledMessages:
    """Fetch what buyers wrote, and what they were answered elsewhere.

    Raises: ConnectorError as the connector raised it, AddonFailed; what came before is kept.
    """
    connector = connector_with(kernel, connection, "pull_messages", "tells of no messages")
    account = MessageAccount(connection.company_id, connector.platform, connection.account)
    result = PulledMessages()

    def keep(session: Session, records: Sequence[Any]) -> None:
        told = [each for each in records if isinstance(each, ExternalMessage)]
        result.new += keep_messages(session, account, told)
        result.pages += 1
        result.told += len(told)
        result.unreadable += len(records) - len(told)

    pull_pages(
        kernel, connection, connector, "pull_messages", CAPABILITY, keep, transport=transport
    )
    return result
