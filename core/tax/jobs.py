"""The job of tax: how near the thresholds of registration are is looked at every day."""

from __future__ import annotations

from core.kernel.companies import list_companies
from core.kernel.companies import today_in
from core.kernel.jobs import JobContext
from core.kernel.jobs import task
from core.tax.watching import SHOWN
from core.tax.watching import keep_watch


@task("tax.watch", every="1d", lock="tax.watch", timeout="30m")
def watch(context: JobContext) -> dict[str, int]:
    """Look how near each threshold of registration is, and when it will be crossed."""
    kernel = context.kernel
    with kernel.db.read() as session:
        companies = list_companies(session)
    told = {"thresholds": 0, "to_look_at": 0}
    for company in companies:
        with kernel.db.write() as session:
            found = keep_watch(session, company.id, today_in(company.timezone))
        told["thresholds"] += len(found)
        told["to_look_at"] += sum(each.state in SHOWN for each in found)
    return told
