"""What was booked into a period after its return was filed, carried into a later return.

One-stop shops take corrections of the last three years in a later return, each under its own
period (Council Regulation 904/2010 as amended, Directive 2006/112/EC art. 365 and 369t).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from collections.abc import Sequence
from datetime import date
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.ledger import models
from core.tax.forms import Box
from core.tax.forms import Period
from core.tax.forms import ReturnForm
from core.tax.forms import month_after
from core.tax.forms import period_of
from core.tax.models import Declared
from core.tax.return_steps import FILED
from core.tax.return_steps import FiledBox
from core.tax.return_steps import Step
from core.tax.return_steps import steps_of
from core.tax.returns import boxes

YEARS = 3

Row = tuple[str, tuple[str, ...], str]
"""A box, what its row is about, and the period that it corrects."""


def carried_into(
    session: Session, company_id: int, form: ReturnForm, period: Period
) -> list[FiledBox]:
    """Return the corrections that a return takes from earlier periods, which were filed before."""
    if not form.corrections:
        return []
    earliest = month_after(period.start, -12 * YEARS)
    filed = [
        each
        for each in steps_of(session, company_id, form.code, only=FILED)
        if earliest <= each.starts_on and each.period != period.label
    ]
    before = [each for each in filed if each.starts_on < period.start]
    open_to = _may_have_changed(session, company_id, before)
    found: list[FiledBox] = []
    for each in before:
        if each.period in open_to:
            taken = _taken(filed, each.period)
            found += _late(session, company_id, form, each, taken)
    return found


def _late(
    session: Session, company_id: int, form: ReturnForm, filed: Step, taken: Counter[Row]
) -> list[FiledBox]:
    now = boxes(session, company_id, form, period_of(filed.period), filed.rates)
    own = [each.box for each in filed.boxes if not each.late_in]
    amounts = _amounts(now, form)
    amounts.subtract(_amounts(own, form))
    return [
        FiledBox(Box(code, title, left, key, corrects or filed.period), filed.period)
        for (code, key, corrects), amount in sorted(amounts.items())
        if (left := amount - taken[code, key, corrects or filed.period])
        for title in [next(rule.title for rule in form.boxes if rule.code == code)]
    ]


def _amounts(filled: Collection[Box], form: ReturnForm) -> Counter[Row]:
    counted = {rule.code for rule in form.boxes if rule.measure in ("base", "tax")}
    sums: Counter[Row] = Counter()
    for box in filled:
        if box.code in counted:
            sums[box.code, box.key, box.corrects] += box.amount or 0
    return sums


def _taken(filed: Sequence[Step], period: str) -> Counter[Row]:
    """Return what other returns carried already of what came late in a period."""
    sums: Counter[Row] = Counter()
    for step in filed:
        for each in step.boxes:
            if each.late_in == period:
                sums[each.box.code, each.box.key, each.box.corrects] += each.box.amount or 0
    return sums


def _may_have_changed(session: Session, company_id: int, filed: Sequence[Step]) -> set[str]:
    """Return the periods that were not closed all the time since their returns were filed."""
    if not filed:
        return set()
    declared = _declared_since(session, company_id, filed)
    table = models.Period
    query = sa.select(table.month, table.changed_at).where(
        table.company_id == company_id,
        table.state == "closed",
        table.month >= min(each.starts_on for each in filed),
    )
    closed = {row.month: row.changed_at for row in session.execute(query)}
    return {
        each.period for each in filed if each.period in declared or not _was_closed(each, closed)
    }


def _declared_since(session: Session, company_id: int, filed: Sequence[Step]) -> set[str]:
    """Return the periods to which something was added since from a month that was open."""
    recorded = sa.func.max(models.Entry.recorded_at)
    query = (
        sa.select(Declared.declared_on, sa.type_coerce(recorded, models.Entry.recorded_at.type))
        .join(
            models.Entry,
            (models.Entry.company_id == Declared.company_id)
            & (models.Entry.id == Declared.entry_id),
        )
        .where(
            Declared.company_id == company_id,
            Declared.declared_on >= min(each.starts_on for each in filed),
        )
        .group_by(Declared.declared_on)
    )
    rows = session.execute(query).all()
    return {
        each.period
        for each in filed
        for day, at in rows
        if each.starts_on <= day < each.ends_on and at > each.made_at
    }


def _was_closed(step: Step, closed: dict[date, datetime | None]) -> bool:
    month = step.starts_on
    while month < step.ends_on:
        at = closed.get(month)
        if at is None or at > step.made_at:
            return False
        month = month_after(month, 1)
    return True
