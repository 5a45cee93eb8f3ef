"""What is done about personal data by the clock."""

from __future__ import annotations

import sqlalchemy as sa

from core.kernel.jobs import JobContext
from core.kernel.jobs import task
from core.kernel.models import Company
from core.privacy.purging import forget_all_due


@task("privacy.purge", cron="7 3 * * *", timeout="60m")
def purge(context: JobContext) -> int:
    """Forget the personal data of every company whose time is over; return of how many orders."""
    with context.kernel.db.read() as session:
        companies = session.scalars(sa.select(Company.id).order_by(Company.id)).all()
    return sum(forget_all_due(context.kernel, company_id)[0] for company_id in companies)
