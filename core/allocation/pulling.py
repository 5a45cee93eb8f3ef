"""Fetching what platforms write down beside orders and settlements: each document in one piece.

Its rows are kept as they were received. Where it says for which goods a cost of the account was,
as with ads and storage, the cost is shared by that.
"""

from __future__ import annotations

from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field
from datetime import timedelta

import httpx2
from sqlalchemy.orm import Session

from core import clock
from core.allocation.details import keep_weights
from core.channels.calling import calling
from core.channels.calling import connector_with
from core.channels.calling import noting_failure
from core.channels.cursors import place_of
from core.channels.cursors import store_place
from core.channels.documents import keep_refusal
from core.channels.documents import keep_rows
from core.channels.external import ExternalDocument
from core.channels.shops import raw_scope_of
from core.channels.walking import fetcher
from core.channels.walking import walk
from core.kernel.connection_states import note_success
from core.kernel.connections import ConnectionInfo
from core.kernel.cursors import read_cursor
from core.kernel.kernel import Kernel

CAPABILITY = "documents.import"
OFTEN = timedelta(hours=20)
"""What was fetched so lately is not asked for again by the clock."""
UNKNOWN_SHOWN = 20


@dataclass(slots=True)
class DocumentsResult:
    """What a run brought; `unreadable` are documents kept out with their reason in the import log.

    `unknown` names codes that are no SKU, the first twenty: their weights count once they are.
    """

    documents: int = 0
    rows: int = 0
    added: int = 0
    unreadable: int = 0
    waiting: bool = False
    unknown: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        """Return the result as the command line shows it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Of:
    """The account whose documents they are."""

    company_id: int
    platform: str
    account: str


def is_due(session: Session, connection: ConnectionInfo) -> bool:
    """Say whether a connection is to be asked: not lately, or what was asked for was not ready."""
    read = read_cursor(session, connection, CAPABILITY)
    return bool(read.value) or read.through_at is None or read.through_at < clock.now() - OFTEN


def pull_documents(
    kernel: Kernel,
    connection: ConnectionInfo,
    *,
    transport: httpx2.BaseTransport | None = None,
) -> DocumentsResult:
    """Fetch the documents that are ready, and ask for those that are not.

    Raises: ConnectorError as the connector raised it, AddonFailed; what came before is kept.
    """
    connector = connector_with(kernel, connection, "pull_documents", "has no documents to fetch")
    result = DocumentsResult()
    of = _Of(connection.company_id, connector.platform, connection.account)
    with kernel.db.read() as session:
        read = read_cursor(session, connection, CAPABILITY)
    with (
        noting_failure(kernel, connection),
        calling(kernel, connection, connector, transport) as call,
    ):
        for page, following in walk(
            fetcher(kernel, connector, "pull_documents", call), place_of(read)
        ):
            with kernel.db.write() as session:
                for record in page.records:
                    if isinstance(record, ExternalDocument):
                        _keep(session, of, record, result)
                    else:
                        keep_refusal(session, of, record)
                        result.unreadable += 1
                read = store_place(session, connection, read, following)
            result.waiting = page.later
    with kernel.db.write() as session:
        note_success(session, connection)
    return result


def _keep(session: Session, of: _Of, document: ExternalDocument, result: DocumentsResult) -> None:
    import_id, told = keep_rows(session, of, document)
    result.documents += 1
    result.rows += told.received
    result.added += told.applied
    if document.weighs:
        scope_id = raw_scope_of(session, of)
        unknown = keep_weights(
            session, of.company_id, document.weighs, import_id, scope_id, document.weights
        )
        result.unknown = sorted({*result.unknown, *unknown})[:UNKNOWN_SHOWN]
