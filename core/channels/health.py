"""How a connection fares: how fresh, how much waits, and its work begun by hand."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.errors import Conflict
from core.errors import NotFound
from core.identity.audit import audit
from core.kernel.connections import PAUSED
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import require_enabled
from core.kernel.cursors import CursorInfo
from core.kernel.cursors import lag_seconds
from core.kernel.cursors import list_cursors
from core.kernel.job_models import DEAD
from core.kernel.job_models import RUNNING
from core.kernel.job_models import WAITING
from core.kernel.job_models import Job
from core.kernel.jobs import schedules
from core.kernel.jobs.schedules import Planned
from core.outbox import putting
from core.webhooks import inbox
from core.webhooks.refusals import refused_since

if TYPE_CHECKING:
    from core.kernel.kernel import Kernel


@dataclass(frozen=True)
class ConnectionHealth:
    """What tells whether a connection keeps up."""

    cursors: Sequence[CursorInfo]
    lag_seconds: float | None
    webhooks_waiting: int
    webhooks_refused: int
    """In the last seven days."""
    effects: Mapping[str, int]
    """By state: those that are open or failed."""
    jobs: Mapping[str, int]

    @property
    def backlog(self) -> int:
        """Return how much waits in all."""
        return self.webhooks_waiting + self.effects.get("waiting", 0) + self.jobs.get("waiting", 0)


def connection_health(session: Session, connection: ConnectionInfo) -> ConnectionHealth:
    """Return how a connection fares."""
    cursors = list_cursors(session, connection)
    by_state = (
        sa.select(Job.state, sa.func.count())
        .where(
            Job.connection_id == connection.id,
            Job.company_id == connection.company_id,
            Job.state.in_((WAITING, RUNNING, DEAD)),
        )
        .group_by(Job.state)
    )
    return ConnectionHealth(
        cursors=cursors,
        lag_seconds=lag_seconds(cursors),
        webhooks_waiting=inbox.backlog(session, connection),
        webhooks_refused=refused_since(session, connection.id),
        effects=putting.backlog(session, connection),
        jobs={row[0]: row[1] for row in session.execute(by_state)},
    )


def own_schedules(session: Session, connection: ConnectionInfo) -> list[Planned]:
    """Return what a connection does by itself, and when."""
    kernel: Kernel = session.info["kernel"]
    return [
        each
        for each in schedules.planned(session, kernel)
        if (each.connection_id, each.company_id) == (connection.id, connection.company_id)
    ]


def run_now(session: Session, connection: ConnectionInfo) -> list[str]:
    """Enqueue what a connection does by itself, without waiting for its time; return the tasks.

    Raises: Conflict when it is paused, or does nothing by itself.
    """
    kernel: Kernel = session.info["kernel"]
    require_enabled(kernel, connection.addon)
    if connection.state == PAUSED:
        raise Conflict(f"{connection.label} is paused.", hint="Resume it first.")
    own = own_schedules(session, connection)
    if not own:
        raise Conflict(f"{connection.label} does nothing by itself.")
    for each in own:
        schedules.run_now(session, each)
    return [each.task.name for each in own]


def poll_every(
    session: Session, connection: ConnectionInfo, name: str, timing: str, *, row_version: int
) -> None:
    """Change when a connection does something by itself; empty: as its addon declares.

    Raises: NotFound, InputError for a timing that cannot be read, Conflict.
    """
    own = {each.name: each for each in own_schedules(session, connection)}
    if name not in own:
        raise NotFound(f"{connection.label} has no schedule {name}.")
    if own[name].row_version != row_version:
        raise Conflict("Somebody else has changed this schedule.", hint="Look at it again.")
    schedules.change(session, own[name], timing=timing)
    audit(session, "schedule.changed", name, after={"timing": timing})


def next_run(schedule: Planned) -> datetime | None:
    """Return when a schedule fires next; None while it does not."""
    return schedules.next_slot(schedule, clock.now()) if schedule.active else None
