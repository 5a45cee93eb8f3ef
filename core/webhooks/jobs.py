"""What is done about webhooks by the clock."""

from __future__ import annotations

from datetime import timedelta

from core.kernel.jobs import JobContext
from core.kernel.jobs import task
from core.webhooks.inbox import purge_webhooks
from core.webhooks.inbox import wake
from core.webhooks.refusals import refusals

PATIENCE = timedelta(minutes=5)


@task("webhooks.wake", every="5m")
def wake_waiting(context: JobContext) -> int:
    """Enqueue again what still waits: after a pause, a lost job or a mended addon."""
    with context.kernel.db.write() as session:
        return wake(session, older_than=PATIENCE)


@task("webhooks.purge", cron="17 3 * * *")
def purge(context: JobContext) -> int:
    """Take away messages whose date has come."""
    refusals.flush(context.kernel.db)
    with context.kernel.db.write() as session:
        return purge_webhooks(session)
