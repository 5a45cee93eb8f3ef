"""Pulling what changed at a platform: page after page, each committed with its cursor."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import httpx2
from sqlalchemy.orm import Session

from core.channels.calling import calling
from core.channels.calling import noting_failure
from core.channels.cursors import LAG
from core.channels.cursors import place_of
from core.channels.cursors import store_place
from core.channels.walking import fetcher
from core.channels.walking import walk
from core.kernel.connection_states import note_success
from core.kernel.connections import ConnectionInfo
from core.kernel.cursors import read_cursor
from core.kernel.kernel import Kernel

Keep = Callable[[Session, Sequence[Any]], None]
"""Stores the records of a page, in the transaction that stores its place."""


def pull_pages(
    kernel: Kernel,
    connection: ConnectionInfo,
    connector: Any,
    method: str,
    capability: str,
    keep: Keep,
    *,
    transport: httpx2.BaseTransport | None = None,
    on_page: Callable[[], None] = lambda: None,
) -> None:
    """Ask a connector's method for page after page; `on_page` is called after each commit.

    Raises: ConnectorError as the connector raised it, AddonFailed; what came before is kept.
    """
    with kernel.db.read() as session:
        read = read_cursor(session, connection, capability)
    start = place_of(read, getattr(connector, "lag", LAG))
    with (
        noting_failure(kernel, connection),
        calling(kernel, connection, connector, transport) as call,
    ):
        for page, following in walk(fetcher(kernel, connector, method, call), start):
            with kernel.db.write() as session:
                keep(session, page.records)
                read = store_place(session, connection, read, following)
            on_page()
    with kernel.db.write() as session:
        note_success(session, connection)
