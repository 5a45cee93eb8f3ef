"""The jobs of publishing."""

from __future__ import annotations

from contextlib import suppress

import sqlalchemy as sa

from core.channels.calling import connector_with
from core.errors import NotFound
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import connection_by_id
from core.kernel.jobs import JobContext
from core.kernel.jobs import task
from core.kernel.models import Company
from core.orders.pulling import pull_orders
from core.publishing.connecting import push_stock
from core.publishing.connecting import read_stock
from core.publishing.offers import pull_offers
from core.publishing.price_pushing import PRICES_TASK
from core.publishing.price_pushing import push_prices
from core.publishing.price_pushing import see_prices
from core.publishing.pushing import PUSH_TASK
from core.publishing.pushing import publish_changes
from core.publishing.pushing import wake_push

# A sale that a platform tells of at once may take a moment until its order can be fetched.
AFTER_A_SALE = 30


@task("publishing.changes", every="5s", lock="publishing", unique_while="running")
def changes(context: JobContext) -> dict[str, int]:
    """Tell the platforms what changed since the last run."""
    return _publish(context, full=False)


@task("publishing.everything", every="6h", lock="publishing", unique_while="running")
def everything(context: JobContext) -> dict[str, int]:
    """Look at every target: what was overlooked is told now."""
    return _publish(context, full=True)


@task(
    PUSH_TASK,
    every="5m",
    connector="push_stock",
    lock="publishing.push:{connection}",
    unique_while="waiting",
)
def push(context: JobContext) -> dict[str, int]:
    """Tell a connection's platform what it does not have yet."""
    kernel, connection = context.kernel, _connection(context)
    outcome = push_stock(kernel, connection, reckoned=True)
    if outcome.conflicts:
        # It sold what we do not know of: that order first, then the number that it leaves.
        _know_orders(context, connection)
        with kernel.db.write() as session:
            wake_push(session, connection, AFTER_A_SALE)
    return outcome.as_json()


@task(
    "publishing.read_back",
    every="1h",
    connector="read_stock",
    lock="publishing.push:{connection}",
)
def read_back(context: JobContext) -> dict[str, int]:
    """Ask a connection's platform what it shows; what drifted is told again."""
    kernel, connection = context.kernel, _connection(context)
    found = read_stock(kernel, connection)
    if found["drifted"]:
        _know_orders(context, connection)
        push_stock(kernel, connection)
    return found


@task(
    PRICES_TASK,
    every="5m",
    connector="push_prices",
    lock="publishing.prices:{connection}",
    unique_while="waiting",
)
def prices(context: JobContext) -> dict[str, int]:
    """Tell a connection's platform the prices that it has not answered."""
    done = push_prices(context.kernel, _connection(context), on_batch=context.progress)
    return done.as_json()


@task(
    "publishing.see_prices",
    every="24h",
    connector="pull_listings",
    lock="publishing.see_prices:{connection}",
    timeout="30m",
)
def see(context: JobContext) -> dict[str, int]:
    """Look what a connection's listings show of the prices that were told."""
    return see_prices(context.kernel, _connection(context))


@task(
    "publishing.offers",
    every="1h",
    connector="read_offers",
    lock="publishing.offers:{connection}",
    timeout="50m",
)
def offers(context: JobContext) -> dict[str, int]:
    """Ask what others want for what a connection's account offers."""
    return pull_offers(context.kernel, _connection(context)).as_json()


def _connection(context: JobContext) -> ConnectionInfo:
    with context.kernel.db.read() as session:
        return connection_by_id(
            session, context.connection_id or 0, company_id=context.company_id or 0
        )


def _know_orders(context: JobContext, connection: ConnectionInfo) -> None:
    """Fetch the orders of a platform that shows another number: it may have sold since."""
    with suppress(NotFound):
        connector_with(context.kernel, connection, "pull_orders", "has no orders to fetch")
        pull_orders(context.kernel, connection)
        publish_changes(context.kernel, connection.company_id)


def _publish(context: JobContext, *, full: bool) -> dict[str, int]:
    with context.kernel.db.read() as session:
        companies = list(session.scalars(sa.select(Company.id).order_by(Company.id)))
    told = 0
    for company_id in companies:
        if context.cancelled():
            break
        told += publish_changes(context.kernel, company_id, full=full).told
    return {"told": told}
