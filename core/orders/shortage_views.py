"""The form by which goods that an order lacks are moved to where it waits for them."""

from __future__ import annotations

from flask import Blueprint
from flask import abort
from flask import flash
from flask import redirect
from flask import request
from flask import url_for
from werkzeug.wrappers import Response

from core.errors import EntrepotError
from core.identity.access import require
from core.identity.actor import current_actor
from core.orders import queries
from core.orders.shortages import shortages
from core.warehousing.transferring import plan_transfer
from core.web import current
from core.web.once import leave_undone

blueprint = Blueprint("shortages", __name__, url_prefix="/orders")


@blueprint.post("/<int:order_id>/transfer")
@require("orders.view", "stock.edit")
def transfer(order_id: int) -> Response:
    """Write down a transfer of what an order lacks, from a warehouse where it is free."""
    company_id, form = current.company().id, request.form
    queries.require_version(current.reading(), company_id, order_id, None)
    lacking = shortages(current.reading(), company_id, [order_id]).get(order_id, [])
    one = next((each for each in lacking if each.sku == form.get("sku")), None)
    origin = form.get("origin", "")
    if one is None or origin not in one.elsewhere:
        abort(404)
    try:
        with current.writing() as session:
            made = plan_transfer(
                session,
                company_id,
                origin,
                one.warehouse,
                {one.sku: min(one.missing, one.elsewhere[origin])},
                actor=current_actor().name,
            ).id
    except EntrepotError as refusal:
        leave_undone()
        flash(f"{refusal.message} {refusal.hint}".strip(), "danger")
        return redirect(url_for("orders.queue", kind="short"), 303)
    return redirect(url_for("warehousing.transfer", transfer_id=made), 303)
