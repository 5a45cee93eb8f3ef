"""The jobs of settlements: fetch them, let late orders find their rows, say what is final."""

from __future__ import annotations

from core.kernel.companies import list_companies
from core.kernel.companies import today_in
from core.kernel.connections import connection_by_id
from core.kernel.jobs import JobContext
from core.kernel.jobs import task
from core.settlements.pulling import pull_settlements
from core.settlements.reconciling import reconcile
from core.settlements.resolving import resolve_settlements


@task(
    "settlements.pull",
    every="1h",
    connector="pull_settlements",
    lock="settlements.pull:{connection}",
    timeout="60m",
)
def pull(context: JobContext) -> dict[str, int]:
    """Fetch the settlements that platforms have published, and book them."""
    connection_id, company_id = context.connection_id, context.company_id
    if connection_id is None or company_id is None:
        return {}
    with context.kernel.db.read() as session:
        connection = connection_by_id(session, connection_id, company_id=company_id)
    return pull_settlements(context.kernel, connection).as_json()


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
