"""Page of own costs: the latest bills, a form for a new one, and their reversal."""

from __future__ import annotations

from flask import Blueprint
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core.errors import EntrepotError
from core.expenses.entering import PAID_FROM
from core.expenses.entering import enter_bills
from core.expenses.entering import list_bills
from core.expenses.entering import reverse_bill
from core.expenses.reading import make_bill
from core.expenses.types import expense_types
from core.identity.access import require
from core.identity.actor import current_actor
from core.web import current
from core.web.errors import status_of
from core.web.once import leave_undone

blueprint = Blueprint("expenses", __name__, url_prefix="/bills")

Answer = str | tuple[str, int] | Response


@blueprint.get("")
@require("ledger.view", "profit.view", "costs.view")
def index() -> Answer:
    """List the latest bills."""
    return _page([])


@blueprint.post("")
@require("ledger.post", "ledger.view", "profit.view", "costs.view")
def enter() -> Answer:
    """Book a bill."""
    try:
        draft = make_bill(request.form.to_dict(), "")
        with current.writing() as session:
            done = enter_bills(session, current.company().id, [draft], by=current_actor().name)
    except EntrepotError as error:
        leave_undone()
        return _page([str(error)]), status_of(error)
    if done.added:
        flash(_("Bill %(reference)s is booked.", reference=draft.reference), "success")
    else:
        flash(_("Bill %(reference)s was there already.", reference=draft.reference), "info")
    return redirect(url_for(".index"), 303)


@blueprint.post("/reverse")
@require("ledger.post", "ledger.view", "profit.view", "costs.view")
def reverse() -> Answer:
    """Book the opposite of a bill."""
    form = request.form
    try:
        with current.writing() as session:
            reference, reason = form.get("reference", ""), form.get("reason", "")
            made = reverse_bill(session, current.company().id, reference, reason=reason)
    except EntrepotError as error:
        leave_undone()
        return _page([str(error)]), status_of(error)
    flash(_("Reversed on %(day)s.", day=made.booked_on), "success")
    return redirect(url_for(".index"), 303)


def _page(problems: list[str]) -> str:
    return render_template(
        "expenses/index.html",
        bills=list_bills(current.reading(), current.company().id),
        types=[each for each in expense_types().values() if not each.elsewhere],
        paid_from=PAID_FROM,
        problems=problems,
    )
