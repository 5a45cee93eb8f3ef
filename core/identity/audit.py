"""The audit trail: what was done, by whom, written in the transaction of the act itself.

    audit(session, "connection.changed", f"connection:{row.id}", before=…, after=…)

`before` and `after` hold what changed, never a secret and nothing personal of a buyer: names of
fields that look like a secret are refused, so that a slip is found by the tests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import json_text
from core.db import table_of
from core.db import utc_text
from core.identity.actor import current_actor
from core.identity.keyfile import identity_key
from core.identity.keyfile import keyed_digest
from core.identity.models import AuditEntry
from core.identity.models import Unsealed
from core.ids import next_id

PURPOSE = "audit"

_SECRET = re.compile(r"password|secret|token_hash|api_key|private|authorization|cookie", re.I)


def audit(
    session: Session,
    action: str,
    subject: str,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    company_id: int | None = None,
) -> int:
    """Record an act of who acts now, with the transaction or not at all; return its id.

    The company is the actor's unless given; 0 is the installation as a whole.
    """
    actor = current_actor()
    entry_id = next_id(session)
    row = {
        "id": entry_id,
        "company_id": actor.company_id if company_id is None else company_id,
        "at": clock.now(),
        "actor_kind": actor.kind,
        "actor": actor.name,
        "user_id": actor.user_id,
        "origin": actor.origin,
        "request_id": actor.request_id,
        "action": action,
        "subject": subject,
        "before": _text(before),
        "after": _text(after),
    }
    kernel = session.info["kernel"]
    key = identity_key(kernel.config.instance)
    row["mac"] = mac_of(key, list(row.values()))
    session.execute(sa.insert(table_of(AuditEntry)), row)
    waiting = {"audit_id": entry_id, "company_id": row["company_id"]}
    session.execute(sa.insert(table_of(Unsealed)), waiting)
    return entry_id


def mac_of(key: bytes, values: list[object]) -> str:
    """Return the proof that an entry was written by us; `values` in the order of the columns."""
    told = [utc_text(value) if isinstance(value, datetime) else value for value in values]
    return keyed_digest(key, PURPOSE, json_text(told))


def _text(facts: Mapping[str, object] | None) -> str | None:
    if facts is None:
        return None
    for name in facts:
        if _SECRET.search(name):
            raise ValueError(f"{name!r} must not be written into the audit trail")
    return json_text(facts)
