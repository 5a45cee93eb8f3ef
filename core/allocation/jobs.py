"""The jobs of the allocation layer: what platforms say that costs were for is fetched."""

from __future__ import annotations

from core.allocation.pulling import is_due
from core.allocation.pulling import pull_documents
from core.kernel.connections import connection_by_id
from core.kernel.jobs import JobContext
from core.kernel.jobs import task


@task(
    "allocation.pull_documents",
    every="15m",
    connector="pull_documents",
    lock="allocation.pull_documents:{connection}",
    timeout="60m",
)
def pull(context: JobContext) -> dict[str, object]:
    """Fetch what platforms write down beside orders and settlements, once a day and when ready."""
    ours = (context.connection_id or 0, context.company_id or 0)
    with context.kernel.db.read() as session:
        connection = connection_by_id(session, ours[0], company_id=ours[1])
        due = is_due(session, connection)
    return pull_documents(context.kernel, connection).as_json() if due else {}
