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
from core.errors import NotFound
from core.identity.access import require
from core.identity.actor import current_actor
from core.orders import queries
from core.orders.shortages import transfer_lacking
from core.web import current
from core.web.once import leave_undone

blueprint = Blueprint("shortages", __name__, url_prefix="/orders")


@blueprint.post("/<int:order_id>/transfer")
@require("orders.view", "stock.edit")
def transfer(order_id: int) -> Response:
    """Write down a transfer of what an order lacks, from a warehouse where it is free."""
    company_id, form = current.company().id, request.form
    queries.require_version(current.reading(), company_id, order_id, None)
    sku, origin, by = form.get("sku", ""), form.get("origin", ""), current_actor().name
    try:
        with current.writing() as session:
            made = transfer_lacking(session, company_id, order_id, sku, origin, actor=by).id
    except NotFound:
        abort(404)
    except EntrepotError as refusal:
        leave_undone()
        flash(f"{refusal.message} {refusal.hint}".strip(), "danger")
        return redirect(url_for("orders.queue", kind="short"), 303)
    return redirect(url_for("warehousing.transfer", transfer_id=made), 303)
