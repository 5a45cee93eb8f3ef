"""Booking rows again once a code means something else: also those that were booked long ago.

Nothing is edited. What was booked by another meaning is taken back by an entry of today's
dictionary that books it where it belongs; closed months stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import rows_of
from core.fees.dictionary import ANY
from core.fees.dictionary import Category
from core.fees.dictionary import Dictionary
from core.fees.dictionary import FeeCode
from core.fees.dictionary import plain_code
from core.fees.packs import dictionary_of
from core.identity.audit import audit
from core.kernel.kernel import Kernel
from core.settlements.booking import StatementBatch
from core.settlements.deriving import APPLIED
from core.settlements.deriving import Judged
from core.settlements.models import Booking
from core.settlements.models import Statement
from core.settlements.models import StatementRow
from core.settlements.resolving import Resolved
from core.settlements.resolving import again_key
from core.settlements.resolving import booked_columns
from core.settlements.resolving import groups_of
from core.settlements.resolving import resolve_settlements
from core.settlements.resolving import source_of
from core.settlements.resolving import write_again
from core.settlements.working import BATCH_ROWS
from core.settlements.working import BOOKED
from core.settlements.working import company_of
from core.settlements.working import row_query
from core.settlements.working import statement_of

MOVABLE = (str(Category.FEE), str(Category.ESTIMATED), str(Category.OTHER))
"""What stands on an account of its own; a sale or a tax is bound to its order instead."""


def apply_meaning(kernel: Kernel, company_id: int, platform: str, code: FeeCode) -> Resolved:
    """Book again what a new meaning of a code explains, and what an older one booked elsewhere."""
    found = resolve_settlements(kernel, company_id)
    looked_at, moved = found.looked_at, found.moved
    with kernel.db.read() as session:
        dictionary = dictionary_of(session, company_id, platform)
        codes = _codes(session, company_id, platform, code)
        statements = _statements(session, company_id, platform, codes) if codes else []
    for statement_id in statements:
        place: int | None = 0
        while place is not None:
            with kernel.db.write() as session:
                place, changed = _batch(session, company_id, statement_id, place, codes, dictionary)
            looked_at, moved = looked_at + changed, moved + changed
    return Resolved(looked_at, moved)


def _codes(session: Session, company_id: int, platform: str, said: FeeCode) -> list[FeeCode]:
    """Return the codes of stored rows that a meaning speaks of, however they are written."""
    query = (
        sa.select(StatementRow.kind, StatementRow.code_group, StatementRow.name)
        .join(
            Statement,
            (Statement.company_id == StatementRow.company_id)
            & (Statement.id == StatementRow.statement_id),
        )
        .where(StatementRow.company_id == company_id, Statement.platform == platform)
        .distinct()
    )
    found = [FeeCode(*row) for row in rows_of(session, query)]
    return [each for each in found if all(map(_speaks_of, said, each))]


def _speaks_of(said: str, part: str) -> bool:
    return said == ANY or plain_code(said) == plain_code(part)


def _statements(
    session: Session, company_id: int, platform: str, codes: Sequence[FeeCode]
) -> list[int]:
    query = (
        sa.select(Statement.id)
        .join(
            StatementRow,
            (StatementRow.company_id == Statement.company_id)
            & (StatementRow.statement_id == Statement.id),
        )
        .where(
            Statement.company_id == company_id,
            Statement.platform == platform,
            Statement.state == BOOKED,
            _of_codes(codes),
        )
        .distinct()
        .order_by(Statement.id)
    )
    return [row[0] for row in rows_of(session, query)]


def _of_codes(codes: Sequence[FeeCode]) -> sa.ColumnElement[bool]:
    return sa.or_(
        *[
            (StatementRow.kind == code.kind)
            & (StatementRow.code_group == code.group)
            & (StatementRow.name == code.name)
            for code in codes
        ]
    )


def _batch(
    session: Session,
    company_id: int,
    statement_id: int,
    place: int,
    codes: Sequence[FeeCode],
    dictionary: Dictionary,
) -> tuple[int | None, int]:
    """Book what stands wrong of the next rows; return where the others begin, and how many did."""
    statement = statement_of(session, company_id, statement_id)
    rows = list(rows_of(session, _query(statement, place, codes).limit(BATCH_ROWS)))
    wrong = [row for row in rows if _stands_wrong(row, dictionary)]
    if wrong:
        _rebook(session, statement, dictionary, wrong)
    following = rows[-1].id if len(rows) == BATCH_ROWS else None
    return following, len(wrong)


def _query(statement: Statement, place: int, codes: Sequence[FeeCode]) -> sa.Select[Any]:
    return (
        row_query(statement)
        .add_columns(*booked_columns())
        .join(
            Booking,
            (Booking.company_id == StatementRow.company_id) & (Booking.id == StatementRow.id),
        )
        .where(
            Booking.outcome == APPLIED,
            Booking.category.in_(MOVABLE),
            StatementRow.amount != 0,
            # What somebody said to concern an order stays where he said.
            (StatementRow.order_ref != "") | Booking.order_id.is_(None),
            StatementRow.id > place,
            _of_codes(codes),
        )
        .order_by(None)
        .order_by(StatementRow.id)
    )


def _stands_wrong(row: Any, dictionary: Dictionary) -> bool:
    """Say whether a row would be booked on another account by now."""
    rule = dictionary.find(FeeCode(row.kind, row.code_group, row.name), row.posted_on)
    return rule is not None and rule.account not in ("", row.stands_on) and rule.fits(row.amount)


def _rebook(
    session: Session, statement: Statement, dictionary: Dictionary, rows: Sequence[Any]
) -> None:
    company = company_of(session, statement.company_id)
    batch = StatementBatch(session, company, statement, dictionary, rows)
    moved: list[tuple[Judged, Any]] = []
    for group in groups_of(rows):
        sources = [source_of(batch, row) for row in group]
        judged = batch.rebook(group, sources, again_key(group[0]))
        moved += zip(judged, group, strict=True)
    batch.write()
    write_again(session, batch, moved)
    after = {"rows": len(moved), "dictionary": dictionary.version}
    audit(
        session, "settlement.remapped", f"settlement:{statement.key}",
        after=after, company_id=statement.company_id,
    )  # fmt: skip
