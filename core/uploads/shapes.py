"""What the API answers about files: those that came in, and those that are being looked at."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from typing import TypedDict


class ImportHead(TypedDict):
    """A file that came in, and what became of its rows."""

    id: int
    kind: str
    filename: str
    state: str
    shop: str | None
    result: dict[str, Any] | None
    started_at: datetime
    finished_at: datetime | None


class ImportDocument(TypedDict):
    """A file that came in, with how it was read."""

    id: int
    kind: str
    filename: str
    state: str
    result: dict[str, Any] | None
    started_at: datetime
    finished_at: datetime | None
    header: list[str]
    mapping: str
    sha256: str


class FailedRow(TypedDict):
    """A row that was set aside, with its cells as they were received by column."""

    id: int
    line_number: int
    document_ref: str
    reason: str | None
    cells: dict[str, str]


class FileText(TypedDict):
    """A file as text."""

    filename: str
    text: str


class SentDocument(TypedDict):
    """The job that reads a file; null where one is at work on it already."""

    job_id: int | None
    preview: bool


class PreviewDocument(TypedDict):
    """What would become of a file; `found` is null until its job is done."""

    job_id: int
    state: str
    kind: str
    file: str
    error: str | None
    found: dict[str, Any] | None
    may_be_taken: bool
