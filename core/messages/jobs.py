"""The job of messages: fetch what buyers wrote; webhooks that told of it are dealt with."""

from __future__ import annotations

from core.kernel.connecting import job_connection
from core.kernel.jobs import JobContext
from core.kernel.jobs import task
from core.messages.pulling import pull_messages
from core.webhooks.declaring import webhooks_of
from core.webhooks.inbox import waiting_webhooks
from core.webhooks.inbox import webhooks_handled

PULL = "messages.pull"


@task(
    PULL, every="15m", connector="pull_messages", lock="messages.pull:{connection}", timeout="30m"
)
def pull(context: JobContext) -> dict[str, int]:
    """Fetch what buyers wrote."""
    kernel, connection = context.kernel, job_connection(context)
    with kernel.db.read() as session:
        declared = webhooks_of(kernel, connection.addon)
        told = [
            note.id
            for note in waiting_webhooks(session, connection)
            if declared is not None and declared.task_of(note.topic) == PULL
        ]
    result = pull_messages(kernel, connection)
    with kernel.db.write() as session:
        webhooks_handled(session, connection, told)
    return result.as_json()
