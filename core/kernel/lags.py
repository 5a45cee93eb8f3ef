"""How far behind its platform each connection is, for whoever looks whether all is well."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.kernel.models import Connection
from core.kernel.models import Cursor


@dataclass(frozen=True, slots=True)
class Lag:
    """A connection's health; `behind` is None where no stream says up to when it is known."""

    id: int
    label: str
    addon: str
    state: str
    last_error: str | None
    last_ok_at: datetime | None
    behind: timedelta | None


def lags_of(session: Session, company_id: int, now: datetime) -> list[Lag]:
    """Return the connections of a company by label, each as far behind as its slowest stream."""
    columns = (
        *(Connection.id, Connection.label, Connection.addon, Connection.state),
        *(Connection.last_error, Connection.last_ok_at),
    )
    query = (
        sa.select(*columns, sa.func.min(Cursor.through_at).label("through_at"))
        .outerjoin(
            Cursor,
            (Cursor.company_id == Connection.company_id) & (Cursor.connection_id == Connection.id),
        )
        .where(Connection.company_id == company_id)
        .group_by(*columns)
        .order_by(Connection.label)
    )
    return [
        Lag(*row[:6], behind=None if row.through_at is None else now - row.through_at)
        for row in session.execute(query)
    ]
