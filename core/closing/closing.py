"""Closing a month by its checklist: nobody books while it is checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core import clock
from core.allocation.queries import counting_runs
from core.allocation.queries import differences
from core.allocation.queries import has_orders
from core.closing.controls import run_controls
from core.closing.returned import unreturned
from core.errors import Conflict
from core.errors import Unresolved
from core.kernel.companies import company_of
from core.ledger.models import Period
from core.ledger.periods import close_period
from core.ledger.periods import hold_books
from core.ledger.periods import last_day
from core.ledger.periods import month_of
from core.rates.revaluing import due


@dataclass(frozen=True, slots=True)
class Task:
    """What is left to do before a month is complete, and how; `blocking` keeps it open."""

    name: str
    title: str
    fix: str
    number: int
    amount: int | None
    blocking: bool


def checklist(session: Session, company_id: int, month: date) -> list[Task]:
    """Return what is left to do before a month is complete, what blocks it first; none if it is."""
    first = month_of(month)
    found = [
        Task(
            finding.control.name,
            finding.control.title,
            finding.control.fix,
            finding.number,
            finding.amount,
            finding.control.blocking,
        )
        for finding in run_controls(session, company_id, last_day(first))
    ]
    found += _revaluation(session, company_id, first)
    found += _returns(session, company_id, first)
    found += _allocation(session, company_id, first)
    return sorted(found, key=lambda task: not task.blocking)


def close_month(
    session: Session,
    company_id: int,
    month: date,
    *,
    by: str,
    accepted: Sequence[str] = (),
) -> Period:
    """Close a month whose checklist is done; what does not block may be accepted by its name.

    Raises: Conflict naming the first thing that is left to do, or why the month cannot close.
    """
    hold_books(session)
    first = month_of(month)
    left = [
        task
        for task in checklist(session, company_id, first)
        if task.blocking or task.name not in accepted
    ]
    if left:
        task = left[0]
        more = f" ({len(left) - 1} more)" if len(left) > 1 else ""
        hint = task.fix if task.blocking else f"{task.fix} Or accept {task.name}."
        raise Conflict(
            f"{first:%Y-%m} is not complete: {task.name}, {task.number} found{more}.", hint=hint
        )
    zone = ZoneInfo(company_of(session, company_id).timezone)
    today = clock.now().astimezone(zone).date()
    return close_period(session, company_id, first, today=today, by=by)


def _revaluation(session: Session, company_id: int, month: date) -> list[Task]:
    name, title = "revaluation", "Foreign items are valued at the rate of the last day."
    try:
        left = due(session, company_id, month)
    except Unresolved as error:
        return [Task(f"{name}_rate", title, str(error), 1, None, blocking=False)]
    if not left:
        return []
    fix = f"Value them: `entrepot rates revalue {month:%Y-%m}`."
    return [Task(name, title, fix, len(left), sum(left.values()), blocking=False)]


def _returns(session: Session, company_id: int, month: date) -> list[Task]:
    left = unreturned(session, company_id, month)
    if not left:
        return []
    title = "What stands on the accounts of taxes stands in a box of a return."
    fix = f"Look what has no decision: `entrepot tax return {min(left)} {month:%Y-%m}`."
    return [Task("tax_boxes", title, fix, len(left), None, blocking=False)]


def _allocation(session: Session, company_id: int, month: date) -> list[Task]:
    runs = [
        run
        for run in counting_runs(session, company_id)
        if run.first_month <= month <= run.last_month
    ]
    late = differences(session, company_id, month, month)
    if not late:
        return []
    fix = f"Share them: `entrepot allocation run {month:%Y-%m}`."
    amount = sum(each.missing for each in late)
    if not runs:
        if not has_orders(session, company_id, month):
            return []
        title = "Costs without an order are shared to goods and orders."
        return [Task("allocation", title, fix, len(late), amount, blocking=False)]
    title = "What is shared is what the ledger holds."
    return [Task("allocation_stale", title, fix, len(late), amount, blocking=True)]
