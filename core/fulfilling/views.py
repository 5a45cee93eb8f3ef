"""What the page of an order asks of other people's warehouses."""

from __future__ import annotations

from flask import Blueprint
from flask import flash
from flask import redirect
from flask import request
from flask import url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core.errors import EntrepotError
from core.fulfilling.choosing import send_from
from core.identity.access import require
from core.identity.actor import current_actor
from core.orders import queries
from core.orders.record import Actor
from core.web import current
from core.web.once import leave_undone

blueprint = Blueprint("fulfilling", __name__, url_prefix="/fulfilments")


@blueprint.post("/<int:order_id>/from")
@require("orders.ship")
def choose(order_id: int) -> Response:
    """Let an order leave from the warehouse that is named."""
    company_id = current.company().id
    version = request.form.get("row_version", type=int)
    actor = Actor(current_actor().name or "operator")
    queries.require_version(current.reading(), company_id, order_id, None)
    try:
        with current.writing() as session:
            queries.require_version(session, company_id, order_id, version)
            warehouse = request.form.get("warehouse", "")
            send_from(session, company_id, [order_id], actor, warehouse=warehouse)
    except EntrepotError as refusal:
        leave_undone()
        flash(f"{refusal.message} {refusal.hint}".strip(), "danger")
    else:
        flash(_("Done."), "success")
    return redirect(url_for("orders.show", order_id=order_id), 303)
