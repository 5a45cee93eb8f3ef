"""What a task gets: who it works for, how it tells its progress, and whether it is to stop."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import TYPE_CHECKING
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import LeaseLost
from core.kernel.job_models import DONE
from core.kernel.job_models import RUNNING
from core.kernel.job_models import Job
from core.kernel.leases import moment

if TYPE_CHECKING:
    from core.kernel.kernel import Kernel


def _ignore(_done: int, _total: int | None, _message: str) -> None:
    """Tell nobody; what a task is given where no worker runs it."""


@dataclass(frozen=True)
class JobContext:
    """One attempt of a job, as its task sees it."""

    kernel: Kernel = field(repr=False)
    id: int
    task: str
    args: Mapping[str, Any]
    attempt: int = 1
    company_id: int | None = None
    connection_id: int | None = None
    token: int = 0
    tell: Callable[[int, int | None, str], None] = field(default=_ignore, repr=False)
    asked_to_stop: Callable[[], bool] = field(default=lambda: False, repr=False)

    def progress(self, done: int, total: int | None = None, message: str = "") -> None:
        """Say how far the work is; cheap, so it may be said often."""
        self.tell(done, total, message)

    def cancelled(self) -> bool:
        """Say whether to stop: return soon then, else the process is killed."""
        return self.asked_to_stop()

    def fence(self, session: Session) -> None:
        """Refuse the transaction if another worker has this job by now.

        Raises: LeaseLost.
        """
        mine = sa.select(Job.id).where(*self._mine()).with_for_update()
        if session.scalar(mine) is None:
            raise self._lost()

    def finish(self, session: Session, result: Any = None) -> None:
        """End the job with the caller's transaction: what that one writes is written exactly once.

        Raises: LeaseLost when another worker has this job by now.
        """
        ended = session.scalars(
            sa.update(Job)
            .where(*self._mine())
            .values(
                state=DONE,
                ended_at=moment(session),
                lease_until=None,
                result=result,
                error=None,
                traceback=None,
            )
            .returning(Job.id)
        ).all()
        if not ended:
            raise self._lost()

    def _mine(self) -> tuple[sa.ColumnElement[bool], ...]:
        return (Job.id == self.id, Job.token == self.token, Job.state == RUNNING)

    def _lost(self) -> LeaseLost:
        return LeaseLost(f"Job {self.id} belongs to another worker by now.")
