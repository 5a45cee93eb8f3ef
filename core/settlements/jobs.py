"""The jobs of settlements: late orders find their rows, and what is final is said to be."""

from __future__ import annotations

from core.kernel.companies import list_companies
from core.kernel.companies import today_in
from core.kernel.jobs import JobContext
from core.kernel.jobs import task
from core.settlements.reconciling import reconcile
from core.settlements.resolving import resolve_settlements


@task("settlements.resolve", every="1h", lock="settlements.resolve", timeout="60m")
def resolve(context: JobContext) -> dict[str, int]:
    """Book again what orders explain that came later, and say which orders are final."""
    kernel = context.kernel
    with kernel.db.read() as session:
        companies = list_companies(session)
    told = {"moved": 0, "settled": 0, "reconciled": 0}
    for company in companies:
        told["moved"] += resolve_settlements(kernel, company.id).moved
        with kernel.db.write() as session:
            found = reconcile(session, company.id, today_in(company.timezone))
        told["settled"] += found.settled
        told["reconciled"] += found.reconciled
    return told
