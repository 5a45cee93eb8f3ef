"""The texts of messages: sealed for their conversation, and opened again."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import rows_of
from core.db import table_of
from core.errors import KernelError
from core.kernel import keys
from core.kernel.keys import Keyring
from core.kernel.sealing import Sealer
from core.messages.models import BuyerMessage


def sealer_of(session: Session) -> Sealer:
    """Return what seals and opens texts; where there are no keys, make the first."""
    return Sealer(keys.ensure_keys(session.info["kernel"].config))


def place_of(company_id: int, conversation_id: int) -> str:
    """Return the name of a conversation to which its texts are bound."""
    return f"message {company_id}/{conversation_id}"


def opened(sealer: Sealer, row: BuyerMessage) -> str | None:
    """Return the text of a message; None when it was forgotten, or its key is missing."""
    if row.sealed is None or row.key_id is None:
        return None
    place = place_of(row.company_id, row.conversation_id)
    try:
        return sealer.unseal(place, row.key_id, row.sealed).decode()
    except KernelError:
        return None


def seal_anew(session: Session, keyring: Keyring, limit: int = 500) -> int:
    """Seal texts with the newest key that need an older one; return how many were."""
    table, sealer = table_of(BuyerMessage), Sealer(keyring)
    query = (
        sa.select(
            table.c.company_id, table.c.id, table.c.conversation_id, table.c.sealed, table.c.key_id
        )
        .where(table.c.key_id.is_not(None), table.c.key_id.in_(keyring.ids[1:]))
        .order_by(table.c.company_id, table.c.id)
        .limit(limit)
    )
    rows = rows_of(session, query)
    changes: list[Mapping[str, Any]] = []
    for row in rows:
        place = place_of(row.company_id, row.conversation_id)
        key_id, sealed = sealer.seal(place, sealer.unseal(place, row.key_id, row.sealed))
        changes.append({"c": row.company_id, "i": row.id, "sealed": sealed, "key_id": key_id})
    _store(session, table, changes)
    return len(rows)


def _store(session: Session, table: sa.Table, changes: Sequence[Mapping[str, Any]]) -> None:
    if changes:
        session.connection().execute(
            sa.update(table)
            .where(table.c.company_id == sa.bindparam("c"), table.c.id == sa.bindparam("i"))
            .values(sealed=sa.bindparam("sealed"), key_id=sa.bindparam("key_id")),
            list(changes),
        )
