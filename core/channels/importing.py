"""Imports: what came in when, and what became of its rows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.channels.models import Import
from core.identity.audit import audit
from core.ids import next_id

QUARANTINE_SHOWN = 1000


class Outcome(Protocol):
    """What became of a part of an import."""

    applied: int
    unchanged: int
    quarantined: int
    quarantine: list[tuple[int, str]]


@dataclass(slots=True)
class ImportResult:
    """What became of a file: received = applied + unchanged + quarantined.

    `quarantine` names the first thousand lines that were set aside; all of them are kept.
    """

    received: int = 0
    applied: int = 0
    unchanged: int = 0
    quarantined: int = 0
    by_kind: dict[str, int] = field(default_factory=dict)
    quarantine: list[tuple[int, str]] = field(default_factory=list)

    @property
    def done(self) -> int:
        """Return how many rows have been dealt with."""
        return self.applied + self.unchanged + self.quarantined

    def add(self, part: Outcome) -> None:
        """Add what became of a part."""
        self.applied += part.applied
        self.unchanged += part.unchanged
        self.quarantined += part.quarantined
        self.quarantine += part.quarantine[: QUARANTINE_SHOWN - len(self.quarantine)]

    def as_json(self) -> dict[str, Any]:
        """Return the result as the command line and the API show it."""
        return {
            "received": self.received,
            "applied": self.applied,
            "unchanged": self.unchanged,
            "quarantined": self.quarantined,
            "by_kind": dict(sorted(self.by_kind.items())),
            "quarantine": [{"line": line, "reason": reason} for line, reason in self.quarantine],
        }


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal text."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def begin_import(
    session: Session,
    company_id: int,
    shop_id: int | None,
    kind: str,
    filename: str,
    sha256: str,
    mapping: str,
    header: Sequence[str],
) -> int:
    """Record that a file is being applied and return the import's id."""
    record = Import(
        company_id=company_id,
        id=next_id(session),
        shop_id=shop_id,
        kind=kind,
        filename=filename,
        sha256=sha256,
        mapping=mapping,
        header=list(header),
        state="running",
        result=None,
        started_at=clock.now(),
        finished_at=None,
    )
    session.add(record)
    session.flush()
    after = {"kind": kind, "sha256": sha256}
    audit(session, "import.started", f"import:{record.id}", after=after, company_id=company_id)
    return record.id


def finish_import(session: Session, company_id: int, import_id: int, result: ImportResult) -> None:
    """Record what became of the file."""
    session.execute(
        sa.update(Import)
        .where(Import.company_id == company_id, Import.id == import_id)
        .values(state="done", result=result.as_json(), finished_at=clock.now())
    )
    names = ("received", "applied", "unchanged", "quarantined")
    after = {name: getattr(result, name) for name in names}
    audit(session, "import.finished", f"import:{import_id}", after=after, company_id=company_id)
