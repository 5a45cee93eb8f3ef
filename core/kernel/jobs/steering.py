"""What persons do with schedules: look at them, pause them, run them at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from core import clock
from core.identity.audit import audit
from core.kernel.jobs import schedules
from core.kernel.jobs.schedules import Planned
from core.kernel.kernel import Kernel


def list_schedules(session: Session, company_id: int, *, house: bool = False) -> Sequence[Planned]:
    """Return the schedules of a company, with `house` those of no company too."""
    kernel: Kernel = session.info["kernel"]
    seen = {company_id, None} if house else {company_id}
    return [each for each in schedules.planned(session, kernel) if each.company_id in seen]


def find_schedule(session: Session, name: str, company_id: int, *, house: bool = False) -> Planned:
    """Return a schedule of a company, with `house` one of none too.

    Raises: NotFound.
    """
    kernel: Kernel = session.info["kernel"]
    return schedules.find(session, kernel, name, company_id=company_id, house=house)


def next_firing(schedule: Planned) -> datetime | None:
    """Return when a schedule fires next; None while it does not."""
    return schedules.next_slot(schedule, clock.now()) if schedule.active else None


def pause_schedule(session: Session, schedule: Planned, *, paused: bool) -> None:
    """Pause a schedule, or let it go on; the audit trail says who did.

    Raises: Conflict when somebody was quicker.
    """
    schedules.change(session, schedule, paused=paused)
    audit(session, "schedule.changed", f"schedule:{schedule.name}", after={"paused": paused})


def run_schedule(session: Session, schedule: Planned) -> int:
    """Do at once what a schedule does; return the job. The audit trail says who asked."""
    job = schedules.run_now(session, schedule)
    audit(session, "schedule.run", f"schedule:{schedule.name}")
    return job
