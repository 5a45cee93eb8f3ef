"""The jobs of the outbox."""

from __future__ import annotations

import time
from datetime import timedelta

import sqlalchemy as sa

from core import clock
from core.errors import Conflict
from core.kernel.connecting import job_connection
from core.kernel.connections import PAUSED
from core.kernel.jobs import JobContext
from core.kernel.jobs import enqueue
from core.kernel.jobs import task
from core.kernel.models import Connection
from core.outbox.claiming import MAX_ATTEMPTS
from core.outbox.models import Effect
from core.outbox.putting import SEND_TASK
from core.outbox.putting import SENDING
from core.outbox.putting import UNKNOWN
from core.outbox.putting import WAITING
from core.outbox.sending import LEASE_SECONDS
from core.outbox.sending import send_waiting

# Then the rest is another job's: a job that takes too long is killed in the midst of a call.
RUN_SECONDS = 240.0


@task(SEND_TASK, lock="outbox.{connection}")
def send(context: JobContext) -> dict[str, int]:
    """Send what waits for a connection, and come back when something waits to be tried again."""
    connection = job_connection(context)
    if connection.addon not in context.kernel.enabled:
        return {"sent": 0, "failed": 0}
    try:
        end = time.monotonic() + RUN_SECONDS
        done = send_waiting(
            context.kernel,
            connection,
            stop=lambda: context.cancelled() or time.monotonic() > end,
        )
        sent, failed, again = done.sent, done.failed, done.next_in
    except Conflict:
        # One that died holds the lease for a while; what it left is looked at after that.
        sent = failed = 0
        again = LEASE_SECONDS
    if again is not None:
        with context.kernel.db.write() as session:
            enqueue(
                session,
                SEND_TASK,
                {},
                unique=f"{connection.id}:again",
                run_at=clock.now() + timedelta(seconds=max(1.0, again)),
                connection_id=connection.id,
                company_id=connection.company_id,
            )
    return {"sent": sent, "failed": failed}


@task("outbox.sweep", every="5m")
def sweep(context: JobContext) -> int:
    """Enqueue what should have been sent and was not: after a pause or a lost job."""
    with context.kernel.db.write() as session:
        before = clock.now() - timedelta(minutes=1)
        # Asked for each connection and state, as the index has them; what was sent is no matter.
        waits = [
            sa.exists().where(
                Effect.connection_id == Connection.id,
                Effect.state == state,
                Effect.due_at < before,
                Effect.attempts < MAX_ATTEMPTS,
            )
            for state in (WAITING, SENDING, UNKNOWN)
        ]
        late = sa.select(Connection.id, Connection.company_id).where(
            Connection.state != PAUSED, sa.or_(*waits)
        )
        rows = session.execute(late).all()
        for connection_id, company_id in rows:
            enqueue(
                session,
                SEND_TASK,
                {},
                unique=str(connection_id),
                connection_id=connection_id,
                company_id=company_id,
            )
    return len(rows)
