"""The page that says why profit is not final, and how far estimates are off."""

from __future__ import annotations

from flask import Blueprint
from flask import render_template
from flask import request

from core.fees.drift import drift_report
from core.fees.finality import NAMES
from core.fees.finality import count_states
from core.fees.missing import missing
from core.fees.profit_commands import find_scope
from core.identity.access import require
from core.kernel.companies import today_in
from core.web import current

blueprint = Blueprint("finality", __name__, url_prefix="/profit/missing")


@blueprint.get("")
@require("profit.view", "costs.view")
def index() -> str:
    """Show what keeps profit from being final, and what to do next."""
    session, company = current.reading(), current.company()
    asked = {name: request.args.get(name, "").strip() for name in ("order", "sku", "month")}
    scope = find_scope(
        session, company.id, order=asked["order"], sku=asked["sku"], month=asked["month"]
    )
    states = count_states(session, company.id)
    return render_template(
        "profit/missing.html",
        causes=missing(session, company.id, scope, today_in(company.timezone)),
        states=[(name, states.get(name, 0)) for name in NAMES],
        drift=drift_report(session, company.id),
        asked=asked,
    )
