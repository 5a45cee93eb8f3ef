"""The jobs of warehouses: what lies with platforms is fetched and compared."""

from __future__ import annotations

from core.errors import NotFound
from core.kernel.connections import connection_by_id
from core.kernel.jobs import JobContext
from core.kernel.jobs import task
from core.warehousing.stored_pulling import pull_stored


@task(
    "warehousing.pull_stored",
    every="6h",
    connector="pull_stored",
    lock="warehousing.pull_stored:{connection}",
    timeout="30m",
)
def pull(context: JobContext) -> dict[str, int]:
    """Fetch what lies in platforms' own warehouses, and note what differs from our books."""
    ours = (context.connection_id or 0, context.company_id or 0)
    with context.kernel.db.read() as session:
        connection = connection_by_id(session, ours[0], company_id=ours[1])
    try:
        return pull_stored(context.kernel, connection).as_json()
    except NotFound:
        # Who stores nothing with the platform has no warehouse for it, and nothing to compare.
        return {}
