"""The jobs of orders."""

from __future__ import annotations

from core.kernel.jobs import JobContext
from core.kernel.jobs import task
from core.orders.tallying import fold


@task("orders.fold_tallies", every="1h")
def fold_tallies(context: JobContext) -> None:
    """Add up what connections that are gone have counted."""
    with context.kernel.db.write() as session:
        fold(session)
