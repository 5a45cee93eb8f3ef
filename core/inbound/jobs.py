"""The job that brings plans on, and asks how far their goods are."""

from __future__ import annotations

from core.inbound.working import METHOD
from core.inbound.working import TASK
from core.inbound.working import bring_on
from core.kernel.connecting import job_connection
from core.kernel.jobs import JobContext
from core.kernel.jobs import task


@task(
    TASK,
    every="10m",
    connector=METHOD,
    lock="inbound:{connection}",
    unique_while="waiting",
    timeout="30m",
)
def bring(context: JobContext) -> dict[str, int]:
    """Bring the plans of a connection on as far as they go without a person."""
    return {"plans": bring_on(context.kernel, job_connection(context))}
