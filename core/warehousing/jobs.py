"""The jobs of warehouses: what lies with platforms is compared, what moved abroad is taxed."""

from __future__ import annotations

from core.errors import NotFound
from core.kernel.companies import list_companies
from core.kernel.connections import connection_by_id
from core.kernel.jobs import JobContext
from core.kernel.jobs import task
from core.warehousing.own_goods import tax_own_goods
from core.warehousing.stored_pulling import pull_stored


@task(
    "warehousing.pull_stored",
    every="6h",
    connector="pull_stored",
    lock="warehousing.pull_stored:{connection}",
    timeout="30m",
)
def pull(context: JobContext) -> dict[str, int]:
    """Fetch what lies in platforms' own warehouses, and note what differs from our books."""
    ours = (context.connection_id or 0, context.company_id or 0)
    with context.kernel.db.read() as session:
        connection = connection_by_id(session, ours[0], company_id=ours[1])
    try:
        return pull_stored(context.kernel, connection).as_json()
    except NotFound:
        # Who stores nothing with the platform has no warehouse for it, and nothing to compare.
        return {}


@task("warehousing.tax_own_goods", every="1h", lock="warehousing.tax_own_goods", timeout="30m")
def tax_movements(context: JobContext) -> dict[str, int]:
    """Book the VAT of goods moved between countries that waited for a regime or a rate."""
    booked = waiting = 0
    with context.kernel.db.read() as session:
        companies = list_companies(session)
    for company in companies:
        with context.kernel.db.write() as session:
            found = tax_own_goods(session, company.id)
        booked, waiting = booked + found.booked, waiting + len(found.waiting)
    return {"booked": booked, "waiting": waiting}
