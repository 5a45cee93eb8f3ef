"""The API of the allocation layer: `/api/v1/allocation`. Amounts are decimal text."""

from __future__ import annotations

from datetime import date
from typing import Any

from core import clock
from core.allocation import queries
from core.allocation import showing
from core.allocation.rules import rules_on
from core.allocation.running import preview_allocation
from core.allocation.running import run_allocation
from core.allocation.shapes import AllocationOverview
from core.allocation.shapes import PreviewDocument
from core.allocation.shapes import RunDocument
from core.identity.access import require
from core.identity.actor import current_actor
from core.ledger.periods import read_month
from core.web import current
from core.web import rest

blueprint = rest.blueprint("allocation", __name__)

MONTHS = {"first": rest.text(7, required=True), "last": rest.text(7)}


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


@blueprint.post("/preview")
@require("ledger.view", "profit.view", "costs.view")
@rest.takes(**MONTHS)
def preview(told: dict[str, Any]) -> rest.Answer[PreviewDocument]:
    """Show what a run over some months would share, without sharing it."""
    company = current.company()
    made = preview_allocation(current.reading(), company.id, *_months(told))
    return rest.respond(showing.preview_document(made, company.currency))


@blueprint.post("")
@require("ledger.post", "ledger.view", "profit.view", "costs.view")
@rest.takes(**MONTHS)
def run(told: dict[str, Any]) -> rest.Answer[RunDocument]:
    """Share the costs of some months; the newest run of a month counts."""
    company, by = current.company(), current_actor().name
    current.close_reading()
    number = run_allocation(current.kernel(), company.id, *_months(told), by=by)
    return _run(number)


def _months(told: dict[str, Any]) -> tuple[date, date]:
    first = read_month(told["first"], where="first")
    return first, read_month(told["last"], where="last") if told.get("last") else first


@blueprint.get("/<int:number>")
@require("ledger.view", "profit.view", "costs.view")
@rest.asks()
def show(number: int) -> rest.Answer[RunDocument]:
    """Show a run with its pools."""
    return _run(number)


def _run(number: int) -> rest.Answer[RunDocument]:
    session, company = current.reading(), current.company()
    run = queries.get_run(session, company.id, number)
    pools = queries.pools_of(session, run)
    return rest.respond(showing.run_document(run, pools, company.currency))
