"""Importing bank statements: each line once, payouts that arrived are booked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.banking.matching import match_payouts
from core.banking.models import BankLine
from core.banking.models import BankProfile
from core.banking.profiles import get_profile
from core.banking.reading import BankFact
from core.banking.reading import read_lines
from core.channels.importing import ImportResult
from core.channels.importing import begin_import
from core.channels.importing import file_digest
from core.channels.importing import finish_import
from core.db import any_of
from core.db import rows_of
from core.db import table_of
from core.ids import next_ids
from core.kernel.kernel import Kernel
from core.rows import bulk_insert

BATCH_LINES = 750


@dataclass(frozen=True, slots=True)
class BankResult:
    """What became of a file, and how many lines turned out to be payouts."""

    received: int
    added: int
    unchanged: int
    matched: int

    def as_json(self) -> dict[str, int]:
        """Return the result as the command line shows it."""
        return asdict(self)


def import_bank_file(kernel: Kernel, company_id: int, name: str, path: Path) -> BankResult:
    """Import a bank's file by its saved layout and match what are payouts.

    Two files that overlap hold the same lines: of identical lines as many count as the file with
    most of them has. Raises: InputError if the file cannot be read; then nothing was changed.
    """
    with kernel.db.read() as session:
        profile = get_profile(session, company_id, name)
    # Read to its end first: a bad line must not leave half a file behind.
    received = sum(1 for _ in read_lines(path, profile.layout, profile.currency))
    with kernel.db.write() as session:
        import_id = begin_import(
            session, company_id, None, "bank", path.name, file_digest(path), name, ()
        )
    added, met = 0, Counter[int]()
    batch: list[BankFact] = []
    for fact in read_lines(path, profile.layout, profile.currency):
        batch.append(fact)
        if len(batch) == BATCH_LINES:
            added += _store(kernel, profile, import_id, batch, met)
            batch = []
    added += _store(kernel, profile, import_id, batch, met)
    with kernel.db.write() as session:
        matched = match_payouts(session, profile)
        counted = ImportResult(received=received, applied=added, unchanged=received - added)
        finish_import(session, company_id, import_id, counted)
    return BankResult(received, added, received - added, matched)


def _store(
    kernel: Kernel,
    profile: BankProfile,
    import_id: int,
    facts: Sequence[BankFact],
    met: Counter[int],
) -> int:
    if not facts:
        return 0
    with kernel.db.write() as session:
        known = _known(session, profile, [fact.fingerprint for fact in facts])
        fresh = []
        for fact in facts:
            mark = fact.fingerprint
            met[mark] += 1
            if met[mark] > known[mark]:
                fresh.append((fact, mark, met[mark]))
        rows: list[tuple[Any, ...]] = [
            (profile.company_id, new_id, profile.id, import_id, fact.line_number, mark, occurrence)
            + (fact.booked_on.isoformat(), fact.amount, fact.text, fact.payload)
            for new_id, (fact, mark, occurrence) in zip(
                next_ids(session, len(fresh)), fresh, strict=True
            )
        ]
        bulk_insert(session, table_of(BankLine), _COLUMNS, rows)
    return len(fresh)


def _known(session: Session, profile: BankProfile, marks: Sequence[int]) -> Counter[int]:
    """Return how often each line is there already."""
    query = (
        sa.select(BankLine.fingerprint, sa.func.max(BankLine.occurrence))
        .where(
            BankLine.company_id == profile.company_id,
            BankLine.profile_id == profile.id,
            any_of(session, BankLine.fingerprint, sorted(set(marks))),
        )
        .group_by(BankLine.fingerprint)
    )
    return Counter(dict(rows_of(session, query)))


_COLUMNS = (
    "company_id id profile_id import_id line_number fingerprint occurrence booked_on amount text"
    " payload"
).split()
