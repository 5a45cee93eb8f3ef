"""The job of disputes: fetch how they stand."""

from __future__ import annotations

from core.disputes.pulling import pull_disputes
from core.kernel.connecting import job_connection
from core.kernel.jobs import JobContext
from core.kernel.jobs import task


@task(
    "disputes.pull",
    every="1h",
    connector="pull_disputes",
    lock="disputes.pull:{connection}",
    timeout="30m",
)
def pull(context: JobContext) -> dict[str, int]:
    """Fetch which buyers ask for their money back, and how it stands."""
    return pull_disputes(context.kernel, job_connection(context)).as_json()
