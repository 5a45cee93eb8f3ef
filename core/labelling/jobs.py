"""The job that buys what was decided on, and settles what got no answer."""

from __future__ import annotations

from core.kernel.connecting import job_connection
from core.kernel.jobs import JobContext
from core.kernel.jobs import task
from core.labelling.asking import METHOD
from core.labelling.buying import BUY_TASK
from core.labelling.buying import buy_waiting


@task(
    BUY_TASK,
    every="5m",
    connector=METHOD,
    lock="labelling:{connection}",
    unique_while="waiting",
)
def buy(context: JobContext) -> dict[str, int]:
    """Buy the shipping labels that were decided on, each once."""
    return buy_waiting(context.kernel, job_connection(context)).as_json()
