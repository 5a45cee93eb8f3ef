"""The jobs of settlements: fetch them, let late orders find their rows, say what is final."""

from __future__ import annotations

from core.kernel.companies import list_companies
from core.kernel.companies import today_in
from core.kernel.connections import ConnectionInfo
from core.kernel.connections import connection_by_id
from core.kernel.jobs import JobContext
from core.kernel.jobs import task
from core.settlements.held_pulling import pull_held
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
    return pull_settlements(context.kernel, _connection(context)).as_json()


@task(
    "settlements.pull_held",
    every="3h",
    connector="pull_held",
    lock="settlements.pull_held:{connection}",
    timeout="60m",
)
def pull_held_money(context: JobContext) -> dict[str, int]:
    """Fetch what platforms hold back, and so what they have released."""
    return pull_held(context.kernel, _connection(context)).as_json()


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


def _connection(context: JobContext) -> ConnectionInfo:
    ours = (context.connection_id or 0, context.company_id or 0)
    with context.kernel.db.read() as session:
        return connection_by_id(session, ours[0], company_id=ours[1])
