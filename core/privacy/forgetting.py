"""Forgetting personal data: when it is due, or when the person asks for it.

Only the columns that hold it are emptied. Orders, stock and books stay as they are, for nothing in
them was derived from it.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.channels.models import RawOrder
from core.channels.raw_orders import forget_personal_of
from core.db import Database
from core.db import any_of
from core.db import json_text
from core.db import rows_of
from core.db import table_of
from core.db import utc_text
from core.identity.deeds import say
from core.ids import next_ids
from core.labelling.files import forget_labels_of
from core.labelling.models import LabelFile
from core.messages.forgetting import forget_messages_of
from core.messages.models import BuyerMessage
from core.orders.models import Order
from core.orders.models import OrderEvent
from core.privacy.models import PersonalRecord
from core.privacy.retention import DEFAULT_DAYS
from core.privacy.retention import forget_on
from core.privacy.retention import retention_days
from core.rows import bulk_insert

BATCH = 500

ENDED = ("shipped", "delivered", "completed", "cancelled", "closed")
"""States of an order of which nothing will leave any more."""

DUE = "due"
REQUESTED = "requested"


@dataclass(frozen=True, slots=True)
class Looked:
    """What became of a batch: how many records were looked at, and which orders were due."""

    looked_at: int
    due: tuple[int, ...]
    last_id: int


def forget_due(session: Session, company_id: int, today: date, *, after: int = 0) -> Looked:
    """Look at the next records that are kept: date those of ended orders, forget what is due."""
    rows = _kept(session, company_id, after)
    days = retention_days(session, company_id)
    dates = [
        (row.id, forget_on(_ended_at(row), days.get(row.platform, DEFAULT_DAYS)))
        for row in rows
        if row.state in ENDED
    ]
    _date(session, company_id, dates)
    due = tuple(order_id for order_id, on in dates if on <= today)
    forget(session, company_id, due, DUE, actor="privacy")
    return Looked(len(rows), due, rows[-1].id if rows else after)


def forget(
    session: Session, company_id: int, order_ids: Collection[int], why: str, *, actor: str
) -> int:
    """Forget who some orders went to, note it on their timelines, and return of how many."""
    table, wanted = table_of(PersonalRecord), sorted(order_ids)
    if not wanted:
        return 0
    changed = session.connection().execute(
        sa.update(table)
        .where(
            table.c.company_id == company_id,
            any_of(session, table.c.id, wanted),
            table.c.forgotten_at.is_(None),
        )
        .values(
            dict.fromkeys((table.c[name] for name in _PERSONAL), None)
            | {table.c.forgotten_at: clock.now(), table.c.forgotten_why: why}
            | {table.c.row_version: table.c.row_version + 1}
        )
        .returning(table.c.id)
    )
    forgotten = sorted(changed.scalars())
    if forgotten:
        subject = f"order:{forgotten[0]}" if len(forgotten) == 1 else "orders"
        facts = {"why": why, "orders": len(forgotten)}
        say(session, company_id, "person.forgotten", subject, after=facts, by=actor)
    keys = sa.select(Order.platform, Order.account, Order.external_ref).where(
        Order.company_id == company_id, any_of(session, Order.id, wanted)
    )
    forget_personal_of(session, company_id, keys)
    forget_labels_of(session, company_id, wanted)
    if why == REQUESTED:
        # What was written after an order was due has a time of its own.
        forget_messages_of(session, company_id, wanted)
    _note(session, company_id, forgotten, why, actor)
    return len(forgotten)


def scrub(database: Database) -> None:
    """Let the disk forget too: what was emptied may still lie in a journal or in a dead row."""
    with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        if database.dialect == "sqlite":
            # The pages themselves are overwritten at once: secure_delete is on.
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            for kind in (PersonalRecord, RawOrder, BuyerMessage, LabelFile):
                connection.exec_driver_sql(f"VACUUM {kind.__tablename__}")


def _kept(session: Session, company_id: int, after: int) -> Sequence[sa.Row[*tuple[object, ...]]]:
    """Return the next records that are not forgotten, each with when its order ended."""

    def last(*kinds: str) -> sa.ColumnElement[datetime | None]:
        return sa.func.max(
            sa.case((OrderEvent.kind.in_(kinds), OrderEvent.happened_at)),
            type_=OrderEvent.happened_at.type,
        )

    query = (
        sa.select(
            PersonalRecord.id,
            Order.platform,
            Order.state,
            Order.ordered_at,
            last("delivered").label("delivered_at"),
            last(*ENDED).label("ended_at"),
        )
        .join(
            Order,
            sa.and_(Order.company_id == PersonalRecord.company_id, Order.id == PersonalRecord.id),
        )
        .outerjoin(
            OrderEvent,
            sa.and_(
                OrderEvent.company_id == PersonalRecord.company_id,
                OrderEvent.order_id == PersonalRecord.id,
            ),
        )
        .where(
            PersonalRecord.company_id == company_id,
            PersonalRecord.id > after,
            PersonalRecord.forgotten_at.is_(None),
        )
        .group_by(PersonalRecord.id, Order.platform, Order.state, Order.ordered_at)
        .order_by(PersonalRecord.id)
        .limit(BATCH)
    )
    return rows_of(session, query)


def _ended_at(row: sa.Row[*tuple[object, ...]]) -> datetime:
    """Return the delivery; a platform that tells of none is taken at its last word."""
    moment: datetime = row.delivered_at or row.ended_at or row.ordered_at
    return moment


def _date(session: Session, company_id: int, dates: Sequence[tuple[int, date]]) -> None:
    if not dates:
        return
    table = table_of(PersonalRecord)
    session.connection().execute(
        sa.update(table)
        .where(table.c.company_id == company_id, table.c.id == sa.bindparam("b_id"))
        .values({table.c.forget_on: sa.bindparam("b_on")}),
        [{"b_id": order_id, "b_on": on} for order_id, on in dates],
    )


def _note(
    session: Session, company_id: int, order_ids: Sequence[int], why: str, actor: str
) -> None:
    now = utc_text(clock.now())
    rows = [
        (company_id, new_id, order_id, now, now, "forgotten", actor, json_text({"why": why}))
        for new_id, order_id in zip(next_ids(session, len(order_ids)), order_ids, strict=True)
    ]
    columns = "company_id id order_id happened_at recorded_at kind actor detail".split()
    bulk_insert(session, table_of(OrderEvent), columns, rows)


_PERSONAL = ("received", "edited", "key_id", "email_index", "phone_index", "address_index")
