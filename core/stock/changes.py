"""Which SKUs' levels have changed: written with the change itself, for those who follow them.

The rows are only ever added and taken away: two writers never wait for each other here.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import any_of
from core.db import table_of
from core.db import utc_text
from core.ids import next_ids
from core.prepared import Prepared
from core.rows import bulk_insert
from core.stock.models import Change
from core.stock.models import Follower

_FOLLOWED = "stock changes are followed"
_FOLLOWER = Prepared(
    sa.select(Follower.since).where(Follower.company_id == sa.bindparam("company"))
)


def follow_changes(session: Session, company_id: int) -> None:
    """Have the changes of a company's stock kept from now on, until they are taken."""
    if session.get(Follower, company_id) is None:
        session.add(Follower(company_id=company_id, since=clock.now()))
        session.flush()


def are_followed(session: Session, company_id: int) -> bool:
    """Say whether changes of a company's stock are kept; who writes much asks before it writes."""
    followed: dict[int, bool] = session.info.setdefault(_FOLLOWED, {})
    if company_id not in followed:
        followed[company_id] = bool(_FOLLOWER.rows(session, company=company_id))
    return followed[company_id]


def note_changes(session: Session, company_id: int, sku_ids: Collection[int]) -> None:
    """Note that the levels of some SKUs change with this transaction."""
    if not sku_ids:
        return
    if not are_followed(session, company_id):
        return
    now, skus = utc_text(clock.now()), sorted(set(sku_ids))
    rows = [
        (company_id, new_id, sku_id, now)
        for new_id, sku_id in zip(next_ids(session, len(skus)), skus, strict=True)
    ]
    bulk_insert(session, table_of(Change), ["company_id", "id", "sku_id", "changed_at"], rows)


def take_changes(session: Session, company_id: int, limit: int) -> dict[int, datetime]:
    """Take the oldest changes away, and return the SKUs with the first change of each."""
    query = (
        sa.select(Change.id, Change.sku_id, Change.changed_at)
        .where(Change.company_id == company_id)
        .order_by(Change.id)
        .limit(limit)
    )
    rows = session.execute(query).all()
    session.execute(
        sa.delete(Change)
        .where(Change.company_id == company_id, any_of(session, Change.id, [r.id for r in rows]))
        .execution_options(synchronize_session=False)
    )
    first: dict[int, datetime] = {}
    for row in rows:
        first[row.sku_id] = min(first.get(row.sku_id, row.changed_at), row.changed_at)
    return first
