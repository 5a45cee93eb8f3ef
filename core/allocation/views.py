"""Page of the allocation layer: what is shared by which rules, what nobody bears, and a new run."""

from __future__ import annotations

from datetime import date

from flask import Blueprint
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core import clock
from core.allocation import queries
from core.allocation.rules import rules_on
from core.allocation.running import Preview
from core.allocation.running import preview_allocation
from core.allocation.running import run_allocation
from core.errors import EntrepotError
from core.identity.access import require
from core.identity.actor import current_actor
from core.ledger.periods import read_month
from core.web import current
from core.web.errors import status_of
from core.web.once import leave_undone

blueprint = Blueprint("allocation", __name__, url_prefix="/allocation")

Answer = str | tuple[str, int] | Response


@blueprint.get("")
@require("ledger.view", "profit.view", "costs.view")
def index() -> Answer:
    """Show the runs, what nobody bears, what was booked since, and the rules."""
    return _page([], None)


@blueprint.post("")
@require("ledger.post", "ledger.view", "profit.view", "costs.view")
def run() -> Answer:
    """Share the costs of some months, or show what that would do."""
    company_id = current.company().id
    try:
        first, last = _month("first"), _month("last")
        if request.form.get("step") == "preview":
            leave_undone()
            return _page([], preview_allocation(current.reading(), company_id, first, last))
        by = current_actor().name
        number = run_allocation(current.kernel(), company_id, first, last, by=by)
    except EntrepotError as error:
        leave_undone()
        return _page([str(error)], None), status_of(error)
    flash(_("Run %(number)s counts now.", number=number), "success")
    return redirect(url_for(".index"), 303)


@blueprint.get("/<int:number>")
@require("ledger.view", "profit.view", "costs.view")
def show(number: int) -> str:
    """Show a run: what it took from each account, by what it was shared, what was left."""
    session, company = current.reading(), current.company()
    found = queries.get_run(session, company.id, number)
    return render_template(
        "allocation/show.html", run=found, pools=queries.pools_of(session, found)
    )


def _page(problems: list[str], preview: Preview | None) -> str:
    session, company = current.reading(), current.company()
    runs = queries.list_runs(session, company.id)
    late = [
        each
        for run, counts in runs
        if counts
        for each in queries.differences(session, company.id, run.first_month, run.last_month)
    ]
    return render_template(
        "allocation/index.html",
        runs=runs,
        rest=queries.not_allocated(session, company.id),
        late=late,
        rules=rules_on(session, company.id, clock.now().date()),
        preview=preview,
        problems=problems,
    )


def _month(name: str) -> date:
    text = request.form.get(name, "") or request.form.get("first", "")
    return read_month(text, where=name)
