"""Verifying the audit trail: each entry is as it was written, at its place, and none is missing."""

from __future__ import annotations

from collections.abc import Generator
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import table_of
from core.identity.audit import mac_of
from core.identity.keyfile import identity_key
from core.identity.models import AuditEntry
from core.identity.models import Seal
from core.identity.models import Unsealed
from core.identity.sealing import START
from core.identity.sealing import Head
from core.identity.sealing import kept_heads
from core.identity.sealing import link

LATE = timedelta(minutes=15)
"""An entry that waits longer for its seal means that no worker runs."""

_OWN = 4
"""Where an entry's own columns begin in a row of `_sealed`; its proof is the last of them."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """The first entry of a company that is not as it should be."""

    company_id: int
    position: int | None
    entry_id: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """How much was looked at and what is wrong with it; `waiting` entries have no seal yet."""

    entries: int
    waiting: int
    flaws: Sequence[Flaw]
    heads: Sequence[Head]

    @property
    def holds(self) -> bool:
        """Say whether nothing is wrong."""
        return not self.flaws


def verify_trail(session: Session, instance: Path, known: Sequence[Head] = ()) -> Verdict:
    """Check every chain against the entries, and its end against the heads kept outside.

    `known` are further heads, such as those of the log.
    """
    key = identity_key(instance)
    heads = [*kept_heads(instance), *known]
    companies = {*_companies(session), *(head.company_id for head in heads)}
    flaws: list[Flaw] = []
    reached: list[Head] = []
    count = 0
    for company_id in sorted(companies):
        mine = {head.position: head.digest for head in heads if head.company_id == company_id}
        walk = _Walk(key, company_id, mine)
        flaw = walk.run(session)
        count += walk.position
        reached.append(Head(company_id, walk.position, walk.digest, clock.now().date().isoformat()))
        if flaw is not None:
            flaws.append(flaw)
    waiting, unsealed = _unsealed(session, key)
    return Verdict(count, waiting, [*flaws, *unsealed], reached)


class _Walk:
    """One company's chain, from its start to its end."""

    def __init__(self, key: bytes, company_id: int, heads: dict[int, str]) -> None:
        self.key = key
        self.company_id = company_id
        self.heads = heads
        self.position = 0
        self.digest = START

    def run(self, session: Session) -> Flaw | None:
        """Return what is wrong first, if anything is."""
        with closing(_sealed(session, self.company_id)) as rows:
            for row in rows:
                reason = self._reason(row)
                if reason:
                    return Flaw(self.company_id, self.position + 1, row.audit_id, reason)
                self.position += 1
                self.digest = row.digest
        beyond = max(self.heads, default=0)
        if beyond > self.position:
            reason = f"the chain ends here, but it had reached {beyond}: its end was cut off"
            return Flaw(self.company_id, self.position + 1, None, reason)
        return None

    def _reason(self, row: Any) -> str:
        place = self.position + 1
        if row.position != place:
            return f"the seal at {place} is missing"
        if row.id is None:
            return "the entry was deleted"
        return self._changed(row) or self._displaced(row, place)

    def _changed(self, row: Any) -> str:
        if row.entry_company != self.company_id:
            return "the entry belongs to another company"
        if mac_of(self.key, list(row[_OWN:-1])) != row.mac:
            return "the entry was changed, or was not written by this installation"
        return ""

    def _displaced(self, row: Any, place: int) -> str:
        if link(self.key, self.digest, place, row.mac) != row.digest:
            return "the seal does not follow from the one before: entries were moved or exchanged"
        if self.heads.get(place, row.digest) != row.digest:
            return "the chain is not the one whose head was kept outside the database"
        return ""


def _sealed(session: Session, company_id: int) -> Generator[Any, None, None]:
    entry = table_of(AuditEntry)
    query = (
        sa.select(
            Seal.position,
            Seal.audit_id,
            Seal.digest,
            entry.c.company_id.label("entry_company"),
            *entry.columns,
        )
        .outerjoin(entry, entry.c.id == Seal.audit_id)
        .where(Seal.company_id == company_id)
        .order_by(Seal.position)
        .execution_options(yield_per=2000)
    )
    with session.execute(query) as rows:
        yield from rows


def _unsealed(session: Session, key: bytes) -> tuple[int, list[Flaw]]:
    """Return how many entries wait for their seal, and those that do not wait as they should."""
    entry = table_of(AuditEntry)
    query = (
        sa.select(Unsealed.audit_id.label("queued"), *entry.columns)
        .select_from(entry)
        .outerjoin(Seal, Seal.audit_id == entry.c.id)
        .outerjoin(Unsealed, Unsealed.audit_id == entry.c.id)
        .where(Seal.audit_id.is_(None))
        .order_by(entry.c.id)
        .execution_options(yield_per=2000)
    )
    waiting = 0
    flaws: list[Flaw] = []
    for row in session.execute(query):
        reason = ""
        if mac_of(key, list(row[1:-1])) != row.mac:
            reason = "the entry was not written by this installation"
        elif row.queued is None:
            reason = "the entry has lost its seal"
        elif clock.now() - row.at > LATE:
            reason = "the entry has waited too long for its seal: is a worker running?"
        waiting += 1
        if reason and len(flaws) < 1:
            flaws.append(Flaw(row.company_id, None, row.id, reason))
    return waiting, flaws


def _companies(session: Session) -> list[int]:
    return list(session.scalars(sa.select(Seal.company_id).distinct()))
