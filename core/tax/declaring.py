"""In which period a line is declared: that of its entry, or that in which its tax point lies.

The books have a sale on the day on which its goods leave, or on the first open one after it. Where
the law taxes it in another month, `core.tax.models.Declared` says so, and returns follow that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from core.ledger.models import Entry
from core.ledger.models import Posting
from core.tax.forms import Period
from core.tax.models import BookedLevy
from core.tax.models import Declared

CORRECTION = "tax_correction"
"""The kind of entries that correct the tax of a sale itself, and not by a line that undoes it."""


@dataclass(frozen=True, slots=True)
class AskedPeriod:
    """A period that a query is told when it is asked, as `since` and `until`."""

    start: Any
    end: Any


ASKED = AskedPeriod(sa.bindparam("since"), sa.bindparam("until"))

Query = sa.Select[*tuple[Any, ...]]
Booked = type[Posting] | type[BookedLevy]

_sold = sa.table("orders_line", *map(sa.column, ("company_id", "id", "occurred_on", "document_id")))
_left = sa.table("stock_document", *map(sa.column, ("company_id", "id", "booked_on")))


def declared_in(query: Query, table: Booked, period: Period | AskedPeriod) -> tuple[Query, Query]:
    """Return what selects the rows that a period declares: its own, and those booked in others."""
    booked = _within(table.booked_on, period)
    declared = _within(Declared.declared_on, period)
    own = query.outerjoin(Declared, _about(table))
    return (
        own.where(booked, sa.or_(Declared.declared_on.is_(None), declared)),
        query.join(Declared, _about(table)).where(declared, sa.not_(booked)),
    )


def declared_elsewhere(query: Query, table: Booked, period: Period | AskedPeriod) -> Query:
    """Return what selects the rows that were booked in a period which others declare."""
    other = sa.not_(_within(Declared.declared_on, period))
    query = query.join(Declared, _about(table))
    return query.where(_within(table.booked_on, period), other)


def sale_of(query: Query, line: Any) -> tuple[Query, sa.ColumnElement[date]]:
    """Join to postings the sale that they undo; return the query and the day it was declared on.

    `line` is the table of lines, joined to the postings already.
    """
    sold, left = _sold.alias("sold"), _left.alias("sold_left")
    itself = sa.exists().where(
        Entry.company_id == Posting.company_id,
        Entry.id == Posting.entry_id,
        Entry.kind == CORRECTION,
    )
    undone = sa.func.coalesce(line.c.original_line_id, sa.case((itself, line.c.id)))
    query = query.outerjoin(
        sold, (sold.c.company_id == line.c.company_id) & (sold.c.id == undone)
    ).outerjoin(left, (left.c.company_id == sold.c.company_id) & (left.c.id == sold.c.document_id))
    declared = (
        sa.select(sa.func.min(Declared.declared_on))
        .where(
            Declared.company_id == Posting.company_id,
            Declared.line_id == sold.c.id,
            Declared.decision_id == Posting.decision_id,
        )
        .correlate(Posting, sold)
        .scalar_subquery()
    )
    day = sa.func.coalesce(declared, left.c.booked_on, sold.c.occurred_on)
    return query, sa.type_coerce(day, Posting.booked_on.type)


def _within(day: Any, period: Period | AskedPeriod) -> sa.ColumnElement[bool]:
    return sa.and_(day >= period.start, day < period.end)


def _about(table: Booked) -> sa.ColumnElement[bool]:
    return sa.and_(
        Declared.company_id == table.company_id,
        Declared.line_id == table.line_id,
        Declared.decision_id == table.decision_id,
        Declared.entry_id == table.entry_id,
        # Together with the entry it leads from the few lines of other periods to their postings.
        Declared.booked_on == table.booked_on,
    )
