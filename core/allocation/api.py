"""The API of the allocation layer, to be read: `/api/v1/allocation`. Amounts are decimal text."""

from __future__ import annotations

from core import clock
from core.allocation import queries
from core.allocation import showing
from core.allocation.rules import rules_on
from core.allocation.shapes import AllocationOverview
from core.allocation.shapes import RunDocument
from core.identity.access import require
from core.web import current
from core.web import rest

blueprint = rest.blueprint("allocation", __name__)


@blueprint.get("")
@require("ledger.view", "profit.view", "costs.view")
@rest.asks()
def index() -> rest.Answer[AllocationOverview]:
    """Show the runs, what nobody bears, what was booked since, and the rules that hold."""
    session, company = current.reading(), current.company()
    runs = queries.list_runs(session, company.id)
    late = [
        each
        for run, counts in runs
        if counts
        for each in queries.differences(session, company.id, run.first_month, run.last_month)
    ]
    rest_of = queries.not_allocated(session, company.id)
    document = showing.overview_document(runs, rest_of, late, company.currency)
    rules = rules_on(session, company.id, clock.now().date())
    return rest.respond(document | {"rules": [rule.as_json() for rule in rules]})


@blueprint.get("/<int:number>")
@require("ledger.view", "profit.view", "costs.view")
@rest.asks()
def show(number: int) -> rest.Answer[RunDocument]:
    """Show a run with its pools."""
    session, company = current.reading(), current.company()
    run = queries.get_run(session, company.id, number)
    pools = queries.pools_of(session, run)
    return rest.respond(showing.run_document(run, pools, company.currency))
