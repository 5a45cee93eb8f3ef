"""Booking rows again once more is known: a code has a meaning now, or the order has come.

Nothing is edited: what stands in suspense, or stood without its order, is taken from where it is
and booked where it belongs, by an entry that names the dictionary it was judged by.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import rows_of
from core.db import table_of
from core.fees.packs import dictionary_of
from core.identity.audit import audit
from core.kernel.kernel import Kernel
from core.ledger.journal import Dimensions
from core.orders.models import Order
from core.settlements import posting
from core.settlements.booking import StatementBatch
from core.settlements.deriving import SUSPENSE
from core.settlements.deriving import Judged
from core.settlements.models import Booking
from core.settlements.models import Statement
from core.settlements.models import StatementRow
from core.settlements.posting import Leg
from core.settlements.working import BATCH_ROWS
from core.settlements.working import BOOKED
from core.settlements.working import BOOKING
from core.settlements.working import QUARANTINED
from core.settlements.working import WAITING
from core.settlements.working import book_statement
from core.settlements.working import company_of
from core.settlements.working import row_query
from core.settlements.working import statement_of
from core.settlements.working import waits_for


@dataclass(frozen=True, slots=True)
class Resolved:
    """How many rows were looked at again, and how many of them stand elsewhere now."""

    looked_at: int
    moved: int


def resolve_settlements(kernel: Kernel, company_id: int) -> Resolved:
    """Book again what a later mapping or a late order explains, and statements that waited."""
    with kernel.db.read() as session:
        currency = company_of(session, company_id).currency
        waiting = session.scalars(
            sa.select(Statement)
            .where(Statement.company_id == company_id, Statement.state == WAITING)
            .order_by(Statement.id)
        ).all()
        ready = [each.id for each in waiting if waits_for(session, each, currency) is None]
        unsure = [each.id for each in _statements(session, company_id, _has_unsure(company_id))]
    for statement_id in ready:
        with kernel.db.write() as session:
            statement = statement_of(session, company_id, statement_id)
            statement.state, statement.reason = BOOKING, None
        book_statement(kernel, company_id, statement_id)
    looked_at = moved = 0
    for statement_id in unsure:
        place = 0
        while True:
            with kernel.db.write() as session:
                found = _resolve_batch(session, company_id, statement_id, place)
            if found is None:
                break
            place, number, changed = found
            looked_at, moved = looked_at + number, moved + changed
    return Resolved(looked_at, moved)


def _statements(
    session: Session, company_id: int, condition: sa.ColumnElement[bool]
) -> Sequence[Any]:
    query = (
        sa.select(Statement.id, Statement.currency)
        .where(Statement.company_id == company_id, Statement.state != QUARANTINED, condition)
        .order_by(Statement.id)
    )
    return rows_of(session, query)


def _has_unsure(company_id: int) -> sa.ColumnElement[bool]:
    unsure = (
        sa.select(Booking.statement_id)
        .join(
            StatementRow,
            (StatementRow.company_id == Booking.company_id) & (StatementRow.id == Booking.id),
        )
        .where(Booking.company_id == company_id, _unsure())
    )
    return (Statement.state == BOOKED) & Statement.id.in_(unsure)


def _unsure() -> sa.ColumnElement[bool]:
    """Return the condition of a row that could be booked better: in suspense, or of no order."""
    late = (Booking.outcome == "applied") & Booking.order_id.is_(None)
    return (Booking.outcome == SUSPENSE) | (
        late & (StatementRow.order_ref != "") & (StatementRow.amount != 0)
    )


def _resolve_batch(
    session: Session, company_id: int, statement_id: int, place: int
) -> tuple[int, int, int] | None:
    """Book the next unsure rows again; return the last group's place, how many, how many moved."""
    statement = statement_of(session, company_id, statement_id)
    rows = _unsure_rows(session, statement, place)
    if not rows:
        return None
    dictionary = dictionary_of(session, company_id, statement.platform)
    company = company_of(session, company_id)
    batch = StatementBatch(session, company, statement, dictionary, rows)
    moved: list[tuple[Judged, Any]] = []
    for group in groups_of(rows):
        moved += _rebook(batch, group)
    batch.write()
    write_again(session, batch, moved)
    if moved:
        after = {"rows": len(moved), "dictionary": dictionary.version}
        audit(
            session, "settlement.resolved", f"settlement:{statement.key}",
            after=after, company_id=company_id,
        )  # fmt: skip
    return max(row.id for row in rows), len(rows), len(moved)


def _unsure_rows(session: Session, statement: Statement, place: int) -> list[Any]:
    """Return the next unsure rows whose judgement may have changed, an order's all together.

    Of rows that wait for their order only those are read whose order has come.
    """
    come = sa.select(Order.external_ref).where(
        Order.company_id == statement.company_id,
        Order.platform == statement.order_platform,
        Order.account == statement.order_account,
        Order.external_ref == StatementRow.order_ref,
    )
    query = (
        row_query(statement)
        .add_columns(*booked_columns())
        .join(
            Booking,
            (Booking.company_id == StatementRow.company_id) & (Booking.id == StatementRow.id),
        )
        .where(
            _unsure(),
            (Booking.reason.in_(("unknown_code", "unexpected_sign"))) | come.exists(),
            StatementRow.id > place,
        )
        .order_by(None)
        .order_by(StatementRow.id)
    )
    rows = list(rows_of(session, query.limit(BATCH_ROWS)))
    refs = {row.order_ref for row in rows if row.order_ref}
    if len(rows) == BATCH_ROWS and refs:
        rest = query.where(StatementRow.order_ref.in_(sorted(refs)), StatementRow.id > rows[-1].id)
        rows += rows_of(session, rest)
    return rows


def groups_of(rows: Sequence[Any]) -> Iterator[list[Any]]:
    """Yield rows that are judged together: those of an order and kind, each other one alone."""

    def key(row: Any) -> tuple[str, str, object]:
        return (row.order_ref, row.kind, row.id if not row.order_ref else 0)

    for _, found in groupby(sorted(rows, key=lambda row: (*key(row), row.id)), key):
        yield list(found)


def _rebook(batch: StatementBatch, group: list[Any]) -> list[tuple[Judged, Any]]:
    """Book those rows of a group that are understood now."""
    deriver = batch.deriver
    order = deriver.known.orders.get(group[0].order_ref)
    ready = [row for row in group if row.outcome != SUSPENSE or deriver.is_understood(row)]
    if not ready or (order is None and all(row.outcome != SUSPENSE for row in ready)):
        return []
    sources = [source_of(batch, row) for row in ready]
    first = ready[0]
    judged = batch.rebook(ready, sources, again_key(first))
    return list(zip(judged, ready, strict=True))


def again_key(row: Any) -> str:
    """Return what names booking a row once more."""
    return f"{row.fingerprint:x}.{row.occurrence}/{row.row_version + 1}"


def booked_columns() -> tuple[Any, ...]:
    """Return the columns that say how a row is booked so far."""
    return (
        Booking.account.label("stands_on"),
        Booking.outcome,
        Booking.order_id,
        Booking.line_id,
        Booking.sku_id,
        Booking.row_version,
    )


def source_of(batch: StatementBatch, row: Any) -> Leg:
    """Return the leg on which a row stands so far."""
    known = batch.deriver.known
    order = known.orders.get(row.order_ref)
    if order is not None and row.order_id is not None:
        where = Dimensions(order.shop_id, order.country, order.id, row.line_id, row.sku_id)
    else:
        where = Dimensions(known.shop(row.marketplace), sku_id=row.sku_id)
    if row.outcome == SUSPENSE:
        return Leg(posting.SUSPENSE, where, item=batch.deriver.own)
    return Leg(row.stands_on, batch.deriver.placed(where, row.stands_on))


def write_again(
    session: Session, batch: StatementBatch, moved: Sequence[tuple[Judged, Any]]
) -> None:
    """Keep how rows are booked now, by which dictionary and entry."""
    entries = batch.entries()
    rows = [
        {
            "c": batch.company_id,
            "i": each.row.id,
            "entry": entries[each.row.id],
            "outcome": each.outcome,
            "reason": each.reason,
            "category": str(each.category),
            "account": each.account,
            "dictionary": batch.dictionary.version,
            "order": each.where.order_id,
            "line": each.where.line_id,
            "sku": each.where.sku_id,
        }
        for each, _ in moved
    ]
    if rows:
        session.connection().execute(_UPDATE, rows)


_UPDATE = (
    sa.update(table_of(Booking))
    .where(
        table_of(Booking).c.company_id == sa.bindparam("c"),
        table_of(Booking).c.id == sa.bindparam("i"),
    )
    .values(
        entry_id=sa.bindparam("entry"),
        outcome=sa.bindparam("outcome"),
        reason=sa.bindparam("reason"),
        category=sa.bindparam("category"),
        account=sa.bindparam("account"),
        dictionary=sa.bindparam("dictionary"),
        order_id=sa.bindparam("order"),
        line_id=sa.bindparam("line"),
        sku_id=sa.bindparam("sku"),
        row_version=table_of(Booking).c.row_version + 1,
    )
)
