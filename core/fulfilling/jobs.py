"""The jobs of what other people's warehouses send: they are told, and asked how far it is."""

from __future__ import annotations

from core.fulfilling.asking import SEND_TASK
from core.fulfilling.following import follow
from core.fulfilling.noticing import TELL_TASK
from core.fulfilling.sending import send_waiting
from core.fulfilling.telling import tell_parcels
from core.kernel.connecting import job_connection
from core.kernel.jobs import JobContext
from core.kernel.jobs import task


@task(
    SEND_TASK,
    every="5m",
    connector="send_fulfilment",
    lock="fulfilling:{connection}",
    unique_while="waiting",
)
def send(context: JobContext) -> dict[str, int]:
    """Tell a connection's warehouse what it shall send, and what it shall not send after all."""
    return send_waiting(context.kernel, job_connection(context)).as_json()


@task(
    "fulfilling.follow",
    every="15m",
    connector="read_fulfilments",
    lock="fulfilling:{connection}",
    timeout="30m",
)
def look(context: JobContext) -> dict[str, int]:
    """Ask a connection's warehouse how far everything is, and book the parcels that left."""
    return follow(context.kernel, job_connection(context)).as_json()


@task(
    TELL_TASK,
    every="5m",
    connector="confirm_shipments",
    lock="fulfilling.tell:{connection}",
    unique_while="waiting",
)
def tell(context: JobContext) -> dict[str, int]:
    """Tell a channel which parcels of what it sold have left."""
    return tell_parcels(context.kernel, job_connection(context)).as_json()
