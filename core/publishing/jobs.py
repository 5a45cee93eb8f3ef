"""The jobs of publishing."""

from __future__ import annotations

import sqlalchemy as sa

from core.kernel.jobs import JobContext
from core.kernel.jobs import task
from core.kernel.models import Company
from core.publishing.pushing import publish_changes


@task("publishing.changes", every="5s", lock="publishing", unique_while="running")
def changes(context: JobContext) -> dict[str, int]:
    """Tell the platforms what changed since the last run."""
    return _publish(context, full=False)


@task("publishing.everything", every="6h", lock="publishing", unique_while="running")
def everything(context: JobContext) -> dict[str, int]:
    """Look at every target: what was overlooked is told now."""
    return _publish(context, full=True)


def _publish(context: JobContext, *, full: bool) -> dict[str, int]:
    with context.kernel.db.read() as session:
        companies = list(session.scalars(sa.select(Company.id).order_by(Company.id)))
    told = 0
    for company_id in companies:
        if context.cancelled():
            break
        told += publish_changes(context.kernel, company_id, full=full).told
    return {"told": told}
