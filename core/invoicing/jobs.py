"""The job of invoices: those of many orders, one after another."""

from __future__ import annotations

from datetime import date

from core.invoicing.bulk import issue_many
from core.kernel.jobs import JobContext
from core.kernel.jobs import task


@task("invoicing.issue", lock="invoicing.issue", timeout="60m")
def issue(context: JobContext) -> dict[str, object]:
    """Issue the invoices of all orders of some days; say why some have none."""
    asked = context.args
    days = date.fromisoformat(asked["start"]), date.fromisoformat(asked["end"])
    done = issue_many(context.kernel, asked["company_id"], *days, by=asked["by"])
    return {"issued": done.issued, "refused": done.refused, "reasons": done.reasons}
