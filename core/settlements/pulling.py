"""Fetching settlements from a platform's API: documents, each imported as if it were a file.

The cursor moves in the transaction that ends the import of a page's last document. A process may
end at any moment: what was not finished is fetched again, and what it brings again changes nothing.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import asdict
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2
from sqlalchemy.orm import Session

from core.channels.calling import calling
from core.channels.calling import connector_with
from core.channels.calling import noting_failure
from core.channels.cursors import Place
from core.channels.cursors import place_of
from core.channels.cursors import store_place
from core.channels.external import ExternalSettlement
from core.channels.external import Page
from core.channels.external import Rejected
from core.channels.importing import ImportResult
from core.channels.importing import begin_import
from core.channels.importing import file_digest
from core.channels.importing import finish_import
from core.channels.walking import fetcher
from core.channels.walking import walk
from core.errors import InputError
from core.kernel.connection_states import note_success
from core.kernel.connections import ConnectionInfo
from core.kernel.cursors import CursorInfo
from core.kernel.cursors import read_cursor
from core.kernel.kernel import Kernel
from core.settlements.importing import import_settlement_file
from core.settlements.results import StatementResult
from core.settlements.statements import is_imported

CAPABILITY = "settlements.import"
MOST_BYTES = 1_000_000_000
"""Of a document, after it was unpacked: what claims to be more is no settlement."""
CHUNK = 1 << 20


@dataclass(slots=True)
class PullResult:
    """What became of the documents of a run, and of the settlements in them.

    An `unreadable` one stands in the list of imports with its reason, and is not asked for again.
    """

    documents: int = 0
    booked: int = 0
    unchanged: int = 0
    waiting: int = 0
    quarantined: int = 0
    unreadable: int = 0

    def as_json(self) -> dict[str, int]:
        """Return the result as the command line shows it."""
        return asdict(self)

    def add(self, found: StatementResult) -> None:
        """Count what became of a settlement."""
        state = "unchanged" if found.unchanged else found.state
        if state in ("booked", "unchanged", "waiting", "quarantined"):
            setattr(self, state, getattr(self, state) + 1)


def pull_settlements(
    kernel: Kernel,
    connection: ConnectionInfo,
    *,
    transport: httpx2.BaseTransport | None = None,
    on_document: Callable[[PullResult], None] = lambda _result: None,
) -> PullResult:
    """Fetch the settlements that were published since the last run, and import them.

    Raises: ConnectorError as the connector raised it, AddonFailed, Conflict while a file of the
    account comes in; what came before is kept.
    """
    connector = connector_with(
        kernel, connection, "pull_settlements", "has no settlements to fetch"
    )
    result = PullResult()
    with kernel.db.read() as session:
        work = _Work(kernel, connection, read_cursor(session, connection, CAPABILITY))
    with (
        noting_failure(kernel, connection),
        calling(kernel, connection, connector, transport) as call,
        TemporaryDirectory(prefix="settlements-") as folder,
    ):
        fetch = fetcher(kernel, connector, "pull_settlements", call)
        for page, following in walk(fetch, place_of(work.read)):
            for _ in work.take(page, following, Path(folder), result):
                on_document(result)
    with kernel.db.write() as session:
        note_success(session, connection)
    return result


class _Work:
    """A run, with the cursor as far as it has come."""

    def __init__(self, kernel: Kernel, connection: ConnectionInfo, read: CursorInfo) -> None:
        self.kernel, self.connection, self.read = kernel, connection, read

    def take(
        self, page: Page[ExternalSettlement], following: Place, folder: Path, result: PullResult
    ) -> Iterator[None]:
        """Import the documents of a page; the cursor moves with the last of them."""
        records = list(page.records)
        for number, record in enumerate(records, 1):
            last = number == len(records)
            self._import(record, following if last else None, folder, result)
            yield
        if not records:
            with self.kernel.db.write() as session:
                self._move(session, following)

    def _import(
        self,
        record: ExternalSettlement | Rejected,
        following: Place | None,
        folder: Path,
        result: PullResult,
    ) -> None:
        result.documents += 1
        path = folder / f"{re.sub(r'[^A-Za-z0-9._-]', '_', record.external_id)[:80]}.txt"
        try:
            if isinstance(record, Rejected):
                raise InputError(record.reason)  # noqa: TRY301 - one way out for all of them
            unpack(record.content, path)
            if self._is_known(path, following):
                result.unchanged += 1
                return
            imported = import_settlement_file(
                self.kernel,
                self.connection,
                path,
                with_last=lambda session: self._move(session, following),
            )
        except InputError as error:
            self._set_aside(path, str(error), following)
            result.unreadable += 1
        else:
            for each in imported.statements:
                result.add(each)
        finally:
            path.unlink(missing_ok=True)

    def _is_known(self, path: Path, following: Place | None) -> bool:
        """Say whether the very document was imported before: platforms list them for weeks."""
        digest = file_digest(path)
        with self.kernel.db.read() as session:
            known = is_imported(session, self.connection, digest)
        if known:
            with self.kernel.db.write() as session:
                self._move(session, following)
        return known

    def _move(self, session: Session, following: Place | None) -> None:
        if following is not None:
            self.read = store_place(session, self.connection, self.read, following)

    def _set_aside(self, path: Path, reason: str, following: Place | None) -> None:
        """Keep why a document cannot be read; the next ones are not held up by it."""
        company_id = self.connection.company_id
        digest = file_digest(path) if path.exists() else ""
        outcome = ImportResult(received=1, quarantined=1, quarantine=[(0, reason)])
        with self.kernel.db.write() as session:
            import_id = begin_import(
                session, company_id, None, "settlement", path.name, digest, "", ()
            )
            finish_import(session, company_id, import_id, outcome)
            self._move(session, following)


def unpack(content: bytes, path: Path) -> None:
    """Write a document to a file, unpacked if it is packed by gzip, in bounded memory.

    Raises: InputError for one that is cut off, damaged, or too large.
    """
    packed = content[:2] == b"\x1f\x8b"
    engine = zlib.decompressobj(wbits=31)
    written = 0
    with path.open("wb") as stream:
        for at in range(0, len(content), CHUNK):
            piece = content[at : at + CHUNK]
            for part in _inflated(engine, piece) if packed else (piece,):
                written += len(part)
                if written > MOST_BYTES:
                    raise InputError(f"The document is larger than {MOST_BYTES} bytes.")
                stream.write(part)
    if packed and not engine.eof:
        raise InputError("The document is cut off.")


def _inflated(engine: zlib._Decompress, piece: bytes) -> Iterator[bytes]:
    try:
        while piece:
            yield engine.decompress(piece, CHUNK)
            piece = engine.unconsumed_tail
    except zlib.error as error:
        raise InputError(f"The document cannot be unpacked: {error}.") from error
