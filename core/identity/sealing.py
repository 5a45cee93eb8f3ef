"""Sealing: each company's entries are chained, so that none can be taken out, put in or moved.

An entry's digest covers the digest before it and the entry's own proof. Chaining happens after the
commit, a few seconds later: a chain inside each business transaction would let them wait for one
another. What cuts off the end of the chain is found by the head that is kept outside the database,
in `audit-heads.jsonl` of the instance folder, one line a day and company, and told to the log.
"""

from __future__ import annotations

import fcntl
import json
import logging
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import asdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import Database
from core.db import any_of
from core.db import table_of
from core.identity.keyfile import identity_key
from core.identity.keyfile import keyed_digest
from core.identity.models import AuditEntry
from core.identity.models import Seal
from core.identity.models import Unsealed

log = logging.getLogger(__name__)

HEADS_FILE = "audit-heads.jsonl"
LOCK_FILE = f"{HEADS_FILE}.lock"
BATCH = 1000
# PostgreSQL: one sealer at a time, whatever the number of workers; on SQLite there is one writer.
LOCK = 0x61756469

PURPOSE = "seal"
START = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a company's chain on a day."""

    company_id: int
    position: int
    digest: str
    day: str


def seal(db: Database) -> int:
    """Chain the entries that wait, and keep the new heads outside; return how many were chained."""
    instance = _instance(db)
    count = 0
    while True:
        with db.read() as session:
            if session.scalar(sa.select(Unsealed.audit_id).limit(1)) is None:
                return count
        with db.write() as session:
            sealed, heads = _seal_batch(session, identity_key(instance))
        count += sealed
        for head in heads:
            keep_head(db, head)
        if sealed < BATCH:
            return count


def link(key: bytes, before: str, position: int, mac: str) -> str:
    """Return the digest of an entry at its place in the chain."""
    return keyed_digest(key, PURPOSE, f"{before}\n{position}\n{mac}")


def kept_heads(instance: Path) -> list[Head]:
    """Return the heads that are kept outside the database."""
    file = instance / HEADS_FILE
    if not file.exists():
        return []
    return [Head(**json.loads(line)) for line in file.read_text("utf-8").splitlines() if line]


def keep_head(db: Database, head: Head) -> None:
    """Keep a head outside the database: the day's line is replaced, earlier days stay.

    The one that was kept is never replaced when it is no longer in the chain: somebody has cut
    that, and `verify` must find out. A head that another sealer has overtaken is not kept.
    """
    instance = _instance(db)
    with _alone(instance):
        heads = kept_heads(instance)
        last = next((each for each in reversed(heads) if each.company_id == head.company_id), None)
        if last is not None and not _is_sealed(db, last):
            log.error(
                "audit chain of company %s: sealed at %s, but it had reached another end at %s;"
                " run `entrepot audit verify`",
                head.company_id,
                head.position,
                last.position,
            )
            return
        if last is not None and last.position >= head.position:
            return
        if last is None or last.day != head.day:
            log.info("audit head %s", json.dumps(asdict(head)))
        else:
            heads.remove(last)
        _write_heads(instance, [*heads, head])


@contextmanager
def _alone(instance: Path) -> Iterator[None]:
    """Let one process of this machine at a time write the heads."""
    with (instance / LOCK_FILE).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _is_sealed(db: Database, head: Head) -> bool:
    """Say whether a head is still where it was in the chain."""
    query = sa.select(Seal.digest).where(
        Seal.company_id == head.company_id, Seal.position == head.position
    )
    with db.read() as session:
        return session.scalar(query) == head.digest


def _write_heads(instance: Path, heads: Sequence[Head]) -> None:
    draft = instance / f"{HEADS_FILE}.draft"
    draft.write_text("".join(f"{json.dumps(asdict(each))}\n" for each in heads), "utf-8")
    draft.replace(instance / HEADS_FILE)


def _seal_batch(session: Session, key: bytes) -> tuple[int, list[Head]]:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    waiting = session.execute(
        sa.select(Unsealed.audit_id, Unsealed.company_id).order_by(Unsealed.audit_id).limit(BATCH)
    ).all()
    ids = [row.audit_id for row in waiting]
    found = session.execute(
        sa.select(AuditEntry.id, AuditEntry.mac).where(any_of(session, AuditEntry.id, ids))
    ).all()
    macs = {row.id: row.mac for row in found}
    ends = _ends(session, {row.company_id for row in waiting})
    rows = list(_links(key, waiting, macs, ends))
    if rows:
        session.execute(sa.insert(table_of(Seal)), rows)
    session.execute(sa.delete(Unsealed).where(any_of(session, Unsealed.audit_id, ids)))
    day = clock.now().date().isoformat()
    sealed_companies = sorted({row["company_id"] for row in rows})
    return len(waiting), [Head(each, *ends[each], day) for each in sealed_companies]


def _links(
    key: bytes,
    waiting: Sequence[Any],
    macs: dict[int, str],
    ends: dict[int, tuple[int, str]],
) -> Iterator[dict[str, Any]]:
    now = clock.now()
    for audit_id, company_id in waiting:
        if audit_id not in macs:
            continue  # somebody has deleted it in the few seconds since; nothing proves it was
        position, before = ends.get(company_id, (0, START))
        digest = link(key, before, position + 1, macs[audit_id])
        ends[company_id] = position + 1, digest
        yield {
            "company_id": company_id,
            "position": position + 1,
            "audit_id": audit_id,
            "digest": digest,
            "sealed_at": now,
        }


def _ends(session: Session, companies: set[int]) -> dict[int, tuple[int, str]]:
    last = (
        sa.select(Seal.company_id, sa.func.max(Seal.position).label("position"))
        .where(Seal.company_id.in_(companies))
        .group_by(Seal.company_id)
        .subquery()
    )
    query = sa.select(Seal.company_id, Seal.position, Seal.digest).join(
        last, sa.and_(Seal.company_id == last.c.company_id, Seal.position == last.c.position)
    )
    return {row.company_id: (row.position, row.digest) for row in session.execute(query)}


def _instance(db: Database) -> Path:
    kernel: Any = db.info["kernel"]
    instance: Path = kernel.config.instance
    return instance
