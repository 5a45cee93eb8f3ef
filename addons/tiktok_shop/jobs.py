"""What is done about messages of TikTok Shop that tell of more than an order."""

from __future__ import annotations

from addons.tiktok_shop.notifications import OF_PRODUCTS
from addons.tiktok_shop.notifications import OF_RETURNS
from addons.tiktok_shop.notifications import OF_THE_APP
from core.api import JobContext
from core.api import enqueue
from core.api import job
from core.api import job_connection
from core.api import try_connection
from core.api import waiting_webhooks
from core.api import webhooks_handled

FETCHED = {
    OF_PRODUCTS: ("publishing.see_prices",),
    OF_RETURNS: ("orders.pull", "orders.pull_returns"),
}
"""What is fetched after a message of a kind."""


@job(lock="tiktok_shop.heed.{connection}")
def heed(context: JobContext) -> int:
    """Fetch what messages tell of, and try whether the shop still lets us in; say how many."""
    connection = job_connection(context)
    with context.kernel.db.read() as session:
        notes = [
            note
            for note in waiting_webhooks(session, connection)
            if note.topic in FETCHED or note.topic in OF_THE_APP
        ]
    topics = {note.topic for note in notes}
    if topics & set(OF_THE_APP):
        # A message is a hint: how the shop answers now tells the state of the connection.
        try_connection(context.kernel, connection)
    with context.kernel.db.write() as session:
        for task in sorted({task for topic in topics for task in FETCHED.get(topic, ())}):
            enqueue(
                session,
                task,
                {},
                unique=f"webhook:{connection.id}:{task}",
                connection_id=connection.id,
                company_id=connection.company_id,
            )
        webhooks_handled(session, connection, [note.id for note in notes])
    return len(notes)
