"""Fetching messages of buyers: what was written since the last run, and once more a little before.

The cursor moves in the transaction that stores a page. A message is known by the platform's name
for it, so that the same page twice changes nothing.
"""

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
from core.channels.external import ExternalMessage
from core.channels.walking import fetcher
from core.channels.walking import walk
from core.kernel.connection_states import note_success
from core.kernel.connections import ConnectionInfo
from core.kernel.cursors import read_cursor
from core.kernel.kernel import Kernel
from core.messages.linking import link
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
    with kernel.db.read() as session:
        read = read_cursor(session, connection, CAPABILITY)
    start = place_of(read, getattr(connector, "lag", LAG))
    with (
        noting_failure(kernel, connection),
        calling(kernel, connection, connector, transport) as call,
    ):
        fetch = fetcher(kernel, connector, "pull_messages", call)
        for page, following in walk(fetch, start):
            told = [each for each in page.records if isinstance(each, ExternalMessage)]
            with kernel.db.write() as session:
                result.new += keep_messages(session, account, told)
                read = store_place(session, connection, read, following)
            result.pages += 1
            result.told += len(told)
            result.unreadable += len(page.records) - len(told)
    with kernel.db.write() as session:
        # Orders may have come in since, though nobody wrote anything.
        link(session, account)
        note_success(session, connection)
    return result
