"""The jobs of orders."""

from __future__ import annotations

from collections.abc import Callable

from core.kernel.companies import list_companies
from core.kernel.connections import connection_by_id
from core.kernel.jobs import JobContext
from core.kernel.jobs import task
from core.orders.announced_pulling import pull_returns
from core.orders.clearing import post_all_waiting
from core.orders.pulling import PullResult
from core.orders.pulling import pull_orders
from core.orders.pulling import sweep_orders
from core.orders.tallying import fold
from core.webhooks.declaring import webhooks_of
from core.webhooks.inbox import waiting_webhooks
from core.webhooks.inbox import webhooks_handled

PULL = "orders.pull"


@task(PULL, every="5m", connector="pull_orders", lock="orders.pull:{connection}", timeout="30m")
def pull(context: JobContext) -> dict[str, int]:
    """Fetch the orders that changed; webhooks that told of them are dealt with."""
    return _fetch(context, pull_orders)


@task(
    "orders.sweep",
    every="12h",
    connector="pull_orders",
    lock="orders.pull:{connection}",
    timeout="60m",
)
def sweep(context: JobContext) -> dict[str, int]:
    """Look through the last days again, for what was shown late or never told."""
    return _fetch(context, sweep_orders)


@task(
    "orders.pull_returns",
    every="30m",
    connector="pull_returns",
    lock="orders.pull_returns:{connection}",
    timeout="30m",
)
def pull_announced(context: JobContext) -> dict[str, int]:
    """Fetch the returns that platforms announce."""
    ours = (context.connection_id or 0, context.company_id or 0)
    with context.kernel.db.read() as session:
        connection = connection_by_id(session, ours[0], company_id=ours[1])
    result = pull_returns(
        context.kernel, connection, on_page=lambda page: context.progress(page.received)
    )
    return result.as_json()


@task("orders.fold_tallies", every="1h")
def fold_tallies(context: JobContext) -> None:
    """Add up what connections that are gone have counted."""
    with context.kernel.db.write() as session:
        fold(session)


@task("orders.post", every="1h", lock="orders.post", timeout="60m")
def post(context: JobContext) -> dict[str, int]:
    """Book the parcels that waited for a tax regime, a rate or an open period."""
    kernel = context.kernel
    with kernel.db.read() as session:
        companies = list_companies(session)
    cleared = [post_all_waiting(kernel, company.id) for company in companies]
    return {
        "posted": sum(each.posted for each in cleared),
        "waiting": sum(each.waiting for each in cleared),
    }


def _fetch(context: JobContext, run: Callable[..., PullResult]) -> dict[str, int]:
    kernel, ours = context.kernel, (context.connection_id or 0, context.company_id or 0)
    with kernel.db.read() as session:
        connection = connection_by_id(session, ours[0], company_id=ours[1])
        declared = webhooks_of(kernel, connection.addon)
        told = [
            note.id
            for note in waiting_webhooks(session, connection)
            if declared is not None and declared.task_of(note.topic) == PULL
        ]
    result = run(kernel, connection, on_page=lambda page: context.progress(page.received))
    with kernel.db.write() as session:
        webhooks_handled(session, connection, told)
    return result.as_json()
