"""The tax numbers of buyers: each kept once, with what is known of it, by sets."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import table_of
from core.db import utc_text
from core.ids import next_ids
from core.rows import bulk_insert
from core.tax.models import BuyerNumber
from core.tax.numbers import TaxNumber

VALID, INVALID, UNKNOWN = "valid", "invalid", "unknown"
BY_FORM, STATED = "form", "stated"

FRESH = timedelta(days=1)
"""How old an answer may be when a new order brings the number; an older one is asked for again."""


@dataclass(frozen=True, slots=True)
class KnownNumber:
    """A number with its id and what its check said."""

    id: int
    country: str
    number: str
    status: str


def store_numbers(
    session: Session, company_id: int, numbers: Collection[TaxNumber]
) -> dict[tuple[str, str], KnownNumber]:
    """Return what is known of some numbers; those that are new are stored, and asked about soon.

    A number whose form is wrong is invalid. Where no service has to be asked, as outside the Union,
    a right form is all that the law wants the seller to see.
    """
    wanted = {(each.country, each.number): each for each in numbers}
    found = _known(session, company_id, wanted)
    missing = {key: wanted[key] for key in sorted(wanted.keys() - found.keys())}
    if missing:
        _insert(session, company_id, missing)
        found |= _known(session, company_id, missing)
    _ask_again(session, company_id, [row for row, stale in found.values() if stale])
    return {key: row for key, (row, _) in found.items()}


def status_by_form(number: TaxNumber) -> str:
    """Return what the form of a number alone says of it."""
    if number.fault:
        return INVALID
    return VALID if number.known and not number.online else UNKNOWN


def _known(
    session: Session, company_id: int, keys: Collection[tuple[str, str]]
) -> dict[tuple[str, str], tuple[KnownNumber, bool]]:
    """Return numbers by country and number, each with whether its answer is old."""
    old = clock.now() - FRESH
    table = BuyerNumber
    key = sa.tuple_(table.country, table.number)
    query = sa.select(
        table.id, table.country, table.number, table.status, table.checked_at, table.due_at
    ).where(table.company_id == company_id, key.in_(sorted(keys)))
    return {
        (row.country, row.number): (
            KnownNumber(row.id, row.country, row.number, row.status),
            row.due_at is None and row.checked_at is not None and row.checked_at < old,
        )
        for row in session.execute(query)
    }


def _insert(
    session: Session, company_id: int, numbers: Mapping[tuple[str, str], TaxNumber]
) -> None:
    now = utc_text(clock.now())
    rows = []
    for new_id, number in zip(next_ids(session, len(numbers)), numbers.values(), strict=True):
        status = status_by_form(number)
        due = now if status == UNKNOWN and number.online else None
        rows.append(
            (company_id, new_id, number.country, number.number, status)
            + (BY_FORM, number.fault, "", None, due, 0, now, 1)
        )
    bulk_insert(session, table_of(BuyerNumber), _COLUMNS, rows, missing=True)


def _ask_again(session: Session, company_id: int, numbers: Collection[KnownNumber]) -> None:
    ids = sorted(each.id for each in numbers)
    if ids:
        session.execute(
            sa.update(BuyerNumber)
            .where(BuyerNumber.company_id == company_id, BuyerNumber.id.in_(ids))
            .values(due_at=clock.now(), row_version=BuyerNumber.row_version + 1)
            .execution_options(synchronize_session=False)
        )


def due_numbers(session: Session, company_id: int, now: datetime, limit: int) -> list[KnownNumber]:
    """Return a company's numbers that a register is to be asked about, the longest due first."""
    table = BuyerNumber
    query = (
        sa.select(table.id, table.country, table.number, table.status)
        .where(table.company_id == company_id, table.due_at.is_not(None), table.due_at <= now)
        .order_by(table.due_at, table.id)
        .limit(limit)
    )
    return [KnownNumber(*row) for row in session.execute(query)]


_COLUMNS = (
    "company_id id country number status source problem consultation checked_at due_at attempts"
    " created_at row_version"
).split()
