"""The jobs of tax: thresholds and the platforms' tax looked at, buyers' numbers checked."""

from __future__ import annotations

from sqlalchemy.orm import Session

from core.kernel.companies import list_companies
from core.kernel.companies import today_in
from core.kernel.connections import connection_by_id
from core.kernel.jobs import JobContext
from core.kernel.jobs import task
from core.orders.late_numbers import raise_late_numbers
from core.orders.late_numbers import renew_answers
from core.settlements.platform_tax import keep_gaps
from core.tax.checking import check_due
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


@task(
    "tax.check_numbers",
    every="5m",
    connector="check_number",
    lock="tax.check_numbers:{connection}",
    timeout="30m",
)
def check_numbers(context: JobContext) -> dict[str, int]:
    """Ask registers about the tax numbers of buyers that nobody has checked yet."""
    kernel = context.kernel
    ours = (context.connection_id or 0, context.company_id or 0)
    with kernel.db.read() as session:
        connection = connection_by_id(session, ours[0], company_id=ours[1])
    with kernel.db.write() as session:
        renew_answers(session, ours[1])

    def look_again(session: Session, company_id: int, number_id: int) -> None:
        raise_late_numbers(session, company_id, [number_id], connection.label)

    return check_due(kernel, connection, confirmed=look_again).as_json()


@task("tax.compare", every="1d", lock="tax.compare", timeout="30m")
def compare(context: JobContext) -> dict[str, int]:
    """Compare the tax that platforms collected with what we expected."""
    kernel = context.kernel
    with kernel.db.read() as session:
        companies = list_companies(session)
    told = {"differences": 0}
    for company in companies:
        with kernel.db.write() as session:
            told["differences"] += len(keep_gaps(session, company.id, today_in(company.timezone)))
    return told
