"""The API of own costs: `/api/v1/bills`. Amounts are decimal text in the bill's currency."""

from __future__ import annotations

from typing import Any

from core.expenses.entering import PAID_FROM
from core.expenses.entering import enter_bills
from core.expenses.entering import list_bills
from core.expenses.entering import reverse_bill
from core.expenses.reading import make_bill
from core.expenses.shapes import BillDocument
from core.expenses.shapes import BillsEntered
from core.expenses.shapes import ExpenseTypeDocument
from core.expenses.shapes import ReversedDocument
from core.expenses.types import expense_types
from core.identity.access import require
from core.identity.actor import current_actor
from core.money import to_text
from core.web import current
from core.web import rest

blueprint = rest.blueprint("bills", __name__)


@blueprint.get("")
@require("ledger.view", "profit.view", "costs.view")
@rest.asks()
def index() -> rest.Answer[rest.Items[BillDocument]]:
    """List the latest 200 bills."""
    found = list_bills(current.reading(), current.company().id)
    return rest.respond({"items": [_document(row) for row in found]})


@blueprint.get("/types")
@require("ledger.view", "profit.view", "costs.view")
@rest.asks()
def types() -> rest.Answer[rest.Items[ExpenseTypeDocument]]:
    """List the kinds of cost that are entered as bills."""
    kinds = [each for each in expense_types().values() if not each.elsewhere]
    names = ("code", "title", "account", "level")
    return rest.respond({"items": [{name: getattr(k, name) for name in names} for k in kinds]})


@blueprint.post("")
@require("ledger.post", "ledger.view", "profit.view", "costs.view")
@rest.takes(
    reference=rest.text(200, required=True),
    type=rest.text(40, required=True),
    date=rest.text(10, required=True),
    currency=rest.text(3, required=True),
    amount=rest.text(40, required=True),
    shop=rest.text(200),
    country=rest.text(2),
    order=rest.text(200),
    sku=rest.text(200),
    warehouse=rest.text(40),
    paid_from=rest.one_of(*PAID_FROM),
    note=rest.text(),
)
def enter(told: dict[str, Any]) -> rest.Answer[BillsEntered]:
    """Book a bill; the same bill told again is counted as unchanged."""
    draft = make_bill(told, "body")
    with current.writing() as session:
        done = enter_bills(session, current.company().id, [draft], by=current_actor().name)
    return rest.respond({"added": done.added, "unchanged": done.unchanged})


@blueprint.post("/reverse")
@require("ledger.post", "ledger.view", "profit.view", "costs.view")
@rest.takes(reference=rest.text(200, required=True), reason=rest.text(required=True), on=rest.day())
def reverse(told: dict[str, Any]) -> rest.Answer[ReversedDocument]:
    """Book the opposite of a bill, with a reason."""
    with current.writing() as session:
        made = reverse_bill(
            session,
            current.company().id,
            told["reference"],
            reason=told["reason"],
            on=told.get("on"),
        )
    return rest.respond({"entry": made.natural_key, "booked_on": made.booked_on})


def _document(row: Any) -> dict[str, Any]:
    names = (
        "id reference type billed_on currency account paid_from shop country sku warehouse note"
        " reversed_by"
    ).split()
    return {name: getattr(row, name) for name in names} | {
        "amount": to_text(row.amount, row.currency),
        "order": row.order_ref,
    }
