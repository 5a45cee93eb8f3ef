"""Staging: a file is read whole into a spool before any of it is applied.

A file that turns out bad in its last line has changed nothing, and the database is not locked
while a file is parsed. The spool holds the lines, the index in memory only where they are.
"""

from __future__ import annotations

import tempfile
from array import array
from collections import Counter
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from hashlib import blake2b
from types import TracebackType
from typing import IO

from core.channels.connector import LineKind
from core.channels.connector import OrderFile
from core.channels.connector import RejectedLine
from core.channels.connector import SourceLine
from core.errors import InputError
from core.orders.packing import pack
from core.orders.packing import unpack
from core.orders.posting import account_of


@dataclass(slots=True)
class SourceDocument:
    """A sales document with the lines of it that a file holds."""

    ref: str
    lines: list[SourceLine] = field(default_factory=list)
    rejected: list[RejectedLine] = field(default_factory=list)


class StagedFile:
    """The lines of a file on a spool, to be read back document by document in order of time."""

    def __init__(self) -> None:
        self.received = 0
        self.by_kind: Counter[str] = Counter()
        self.accounts: set[str] = set()
        # Closed by __exit__: the spool lives as long as the staged file.
        self._spool: IO[bytes] = tempfile.TemporaryFile(prefix="entrepot-")  # noqa: SIM115
        self._offsets = array("q")
        self._document_of = array("q")
        self._places: dict[str, int] = {}
        self._first_seen: list[str] = []

    def __enter__(self) -> StagedFile:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._spool.close()

    def fill(self, file: OrderFile, on_progress: Callable[[int], None]) -> None:
        """Read a file to its end.

        Raises: InputError if the file cannot be trusted; then nothing of it is kept.
        """
        offset = 0
        for line in file.lines():
            found = checked(line)
            record = pack(found)
            self._spool.write(record)
            self._offsets.append(offset)
            offset += len(record)
            self._document_of.append(self._place(found))
            self.received += 1
            if self.received % 10_000 == 0:
                on_progress(self.received)
        self._offsets.append(offset)
        self._spool.flush()

    def _place(self, line: SourceLine | RejectedLine) -> int:
        if isinstance(line, SourceLine):
            self.by_kind[line.kind] += 1
            self.accounts.add(_account(line))
            # Of one moment the sales come first: a return may undo one of them.
            moment = f"{line.occurred_at.isoformat()} {int(line.kind is LineKind.RETURN)}"
        else:
            moment = ""
        place = self._places.setdefault(line.document_ref, len(self._places))
        if place == len(self._first_seen):
            self._first_seen.append(moment)
        elif moment and not self._first_seen[place] > "":
            self._first_seen[place] = moment
        elif moment:
            self._first_seen[place] = min(self._first_seen[place], moment)
        return place

    def documents(self) -> Iterator[SourceDocument]:
        """Yield the documents in order of time; those of one moment in the order of the file."""
        ranks = _ranks(self._first_seen)
        order = sorted(range(self.received), key=lambda i: ranks[self._document_of[i]])
        document: SourceDocument | None = None
        for index in order:
            line = self._read(index)
            if document is None or document.ref != line.document_ref:
                if document is not None:
                    yield document
                document = SourceDocument(line.document_ref)
            if isinstance(line, SourceLine):
                document.lines.append(line)
            else:
                document.rejected.append(line)
        if document is not None:
            yield document

    def _read(self, index: int) -> SourceLine | RejectedLine:
        start, end = self._offsets[index], self._offsets[index + 1]
        if self._spool.tell() != start:
            self._spool.seek(start)
        return unpack(self._spool.read(end - start))


_SIGNS = {
    LineKind.SALE: 1,
    LineKind.STOCK_GAIN: 1,
    LineKind.RETURN: -1,
    LineKind.WRITE_OFF: -1,
}


def checked(line: SourceLine | RejectedLine) -> SourceLine | RejectedLine:
    """Return a line as it came, or why it contradicts its own kind."""
    if isinstance(line, RejectedLine):
        return line
    sign = _SIGNS.get(line.kind)
    if sign is not None and line.quantity * sign <= 0:
        reason = (
            f"A line of kind {line.kind} needs a {'positive' if sign > 0 else 'negative'} quantity,"
            f" this one has {line.quantity}."
        )
        # Another fingerprint than the line's own: once the mapping is corrected it is a new row.
        mark = int.from_bytes(blake2b(line.payload.encode(), digest_size=8).digest(), "big") >> 1
        return RejectedLine(line.line_number, line.payload, mark, line.document_ref, reason)
    return line


def _account(line: SourceLine) -> str:
    try:
        return account_of(line.kind, line.net_amount, line.account)
    except InputError as error:
        raise InputError(error.message, where=f"line {line.line_number}", hint=error.hint) from None


def _ranks(first_seen: list[str]) -> list[int]:
    order = sorted(range(len(first_seen)), key=lambda place: (first_seen[place], place))
    ranks = [0] * len(order)
    for rank, place in enumerate(order):
        ranks[place] = rank
    return ranks
