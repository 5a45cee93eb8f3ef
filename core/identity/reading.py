"""What the pages and commands read of the audit trail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import table_of
from core.identity.models import AuditEntry
from core.identity.models import Seal
from core.paging import PAGE_SIZE
from core.paging import Cursor
from core.paging import Page
from core.paging import fetch_page


@dataclass(frozen=True, slots=True)
class TrailFilter:
    """What the list is narrowed to; empty means all. `user_id` is for who sees only his own."""

    actor: str = ""
    action: str = ""
    user_id: int | None = None


def list_entries(
    session: Session,
    companies: tuple[int, ...] | None,
    narrow: TrailFilter,
    cursor: Cursor | None,
    limit: int = PAGE_SIZE,
) -> Page[Any]:
    """Return a page of entries of some companies, or of all, the latest first."""
    query = sa.select(*table_of(AuditEntry).columns, Seal.position).outerjoin(
        Seal, Seal.audit_id == AuditEntry.id
    )
    if companies is not None:
        query = query.where(AuditEntry.company_id.in_(companies))
    if narrow.actor:
        query = query.where(AuditEntry.actor == narrow.actor)
    if narrow.action:
        query = query.where(AuditEntry.action.startswith(narrow.action, autoescape=True))
    if narrow.user_id is not None:
        query = query.where(AuditEntry.user_id == narrow.user_id)
    return fetch_page(session, query, (AuditEntry.id,), cursor, descending=True, limit=limit)


def as_document(row: Any) -> dict[str, Any]:
    """Return an entry as a document, its facts as they were written."""
    facts = dict(row._mapping)
    for name in ("before", "after"):
        facts[name] = None if facts[name] is None else json.loads(facts[name])
    return facts


def whole_trail(session: Session) -> Iterator[dict[str, Any]]:
    """Yield every entry with its place in its chain, company by company."""
    entry = table_of(AuditEntry)
    query = (
        sa.select(*entry.columns, Seal.position, Seal.digest)
        .outerjoin(Seal, Seal.audit_id == entry.c.id)
        .order_by(entry.c.company_id, entry.c.id)
        .execution_options(yield_per=2000)
    )
    with session.execute(query) as rows:
        for row in rows:
            yield as_document(row)
