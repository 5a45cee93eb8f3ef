"""What is done about notifications of eBay."""

from __future__ import annotations

from addons.ebay.buyers import pseudonym
from addons.ebay.notifications import closed_account
from core.api import JobContext
from core.api import forget_buyers
from core.api import job
from core.api import job_connection
from core.api import waiting_webhooks
from core.api import webhook_body
from core.api import webhooks_handled

PLATFORM = "ebay"


@job(lock="ebay.notifications.{connection}")
def forget_closed(context: JobContext) -> int:
    """Forget the buyers who closed their accounts; return of how many orders."""
    connection = job_connection(context)
    with context.kernel.db.read() as session:
        notes = waiting_webhooks(session, connection)
        bodies = [webhook_body(session, connection, note.id) for note in notes]
    names = [name for body in bodies if (name := closed_account(body))]
    refs = [pseudonym(name) for name in names]
    count = forget_buyers(context.kernel, connection, PLATFORM, refs) if refs else 0
    with context.kernel.db.write() as session:
        webhooks_handled(session, connection, [note.id for note in notes])
    return count
