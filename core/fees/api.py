"""The API of fees and of how final profit is: `/api/v1/fees`."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from core.fees.commands import drift_document
from core.fees.drift import drift_report
from core.fees.finality import count_states
from core.fees.missing import missing
from core.fees.plans import list_plans
from core.fees.profit_commands import cause_document
from core.fees.profit_commands import find_scope
from core.fees.shapes import DriftDocument
from core.fees.shapes import PlanDocument
from core.fees.shapes import WhyNotFinal
from core.identity.access import require
from core.kernel.companies import today_in
from core.web import current
from core.web import rest

blueprint = rest.blueprint("fees", __name__)


@blueprint.get("/plans")
@require("ledger.view", "money.view")
@rest.asks()
def plans() -> rest.Answer[rest.Items[PlanDocument]]:
    """List how the fees of shops are estimated."""
    return rest.respond({"items": list_plans(current.reading(), current.company().id)})


@blueprint.get("/drift")
@require("ledger.view", "money.view")
@rest.asks(start=rest.day(), end=fields.Date())
def drift(asked: dict[str, Any]) -> rest.Answer[rest.Items[DriftDocument]]:
    """List how far estimates are off, by fee and estimator."""
    rows = drift_report(
        current.reading(), current.company().id, start=asked.get("start"), end=asked.get("end")
    )
    return rest.respond({"items": [drift_document(row) for row in rows]})


@blueprint.get("/missing")
@require("profit.view", "costs.view", "money.view")
@rest.asks(order=rest.text(200), sku=rest.text(200), month=rest.text(7))
def why_not_final(asked: dict[str, Any]) -> rest.Answer[WhyNotFinal]:
    """Say why profit is not final, of an order, a SKU or a month, or of all."""
    session, company = current.reading(), current.company()
    scope = find_scope(
        session, company.id,
        order=asked.get("order"), sku=asked.get("sku"), month=asked.get("month"),
    )  # fmt: skip
    causes = missing(session, company.id, scope, today_in(company.timezone))
    return rest.respond(
        {
            "items": [cause_document(each) for each in causes],
            "orders": count_states(session, company.id),
        }
    )
