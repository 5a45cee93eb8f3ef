"""The API of periods: `/api/v1/periods`."""

from __future__ import annotations

from typing import Any

from marshmallow import fields
from marshmallow import validate

from core.closing.closing import Task
from core.closing.closing import checklist
from core.closing.closing import close_month
from core.closing.shapes import ChecklistDocument
from core.closing.shapes import PeriodDocument
from core.identity.access import require
from core.identity.actor import current_actor
from core.ledger.models import Period
from core.ledger.periods import list_periods
from core.ledger.periods import read_month
from core.ledger.periods import reopen_period
from core.money import to_text
from core.web import current
from core.web import rest

blueprint = rest.blueprint("periods", __name__)

MONTH = rest.text(7, required=True)


@blueprint.get("")
@require("ledger.view", "profit.view", "costs.view")
@rest.asks()
def index() -> rest.Answer[rest.Items[PeriodDocument]]:
    """List the periods, the latest first."""
    found = list_periods(current.reading(), current.company().id)
    return rest.respond({"items": [_document(each) for each in found]})


@blueprint.get("/<month>/checklist")
@require("ledger.view", "profit.view", "costs.view")
@rest.asks()
def tasks(month: str) -> rest.Answer[ChecklistDocument]:
    """Show what is left to do before a month can close, what blocks it first."""
    company, first = current.company(), read_month(month)
    left = checklist(current.reading(), company.id, first)
    shown = [_task(each, company.currency) for each in left]
    return rest.respond({"month": f"{first:%Y-%m}", "currency": company.currency, "tasks": shown})


@blueprint.post("/close")
@require("ledger.post", "ledger.view", "profit.view", "costs.view")
@rest.takes(
    month=MONTH,
    accepted=fields.List(rest.text(100), load_default=list, validate=validate.Length(0, 100)),
)
def close(told: dict[str, Any]) -> rest.Answer[PeriodDocument]:
    """Close a month; what does not block it is accepted by its name."""
    month, by = read_month(told["month"]), current_actor().name
    with current.writing() as session:
        made = close_month(session, current.company().id, month, by=by, accepted=told["accepted"])
        return rest.respond(_document(made))


@blueprint.post("/reopen")
@require("ledger.reopen", "ledger.view", "profit.view", "costs.view")
@rest.takes(month=MONTH, reason=rest.text(required=True))
def reopen(told: dict[str, Any]) -> rest.Answer[PeriodDocument]:
    """Open the last closed month again, with a reason."""
    month, by = read_month(told["month"]), current_actor().name
    with current.writing() as session:
        made = reopen_period(session, current.company().id, month, reason=told["reason"], by=by)
        return rest.respond(_document(made))


def _document(period: Period) -> dict[str, Any]:
    at = period.changed_at
    return {
        "month": f"{period.month:%Y-%m}",
        "state": period.state,
        "changed_at": None if at is None else at.isoformat(),
        "changed_by": period.changed_by,
        "reason": period.reason,
    }


def _task(task: Task, currency: str) -> dict[str, Any]:
    return {
        "name": task.name,
        "title": task.title,
        "fix": task.fix,
        "number": task.number,
        "amount": None if task.amount is None else to_text(task.amount, currency),
        "blocking": task.blocking,
    }
