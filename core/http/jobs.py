"""What is done about the network by the clock."""

from __future__ import annotations

import sqlalchemy as sa

from core import clock
from core.http.log import purge_requests
from core.http.models import Authorisation
from core.kernel.jobs import JobContext
from core.kernel.jobs import task


@task("http.purge", cron="37 3 * * *")
def purge(context: JobContext) -> int:
    """Take away old lines of the log of requests, and authorisations that nobody finished."""
    with context.kernel.db.write() as session:
        session.execute(sa.delete(Authorisation).where(Authorisation.expires_at < clock.now()))
        return purge_requests(session)
