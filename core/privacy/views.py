"""The page on which the address of an order is corrected."""

from __future__ import annotations

from flask import Blueprint
from flask import abort
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from core.addresses.address import FIELDS
from core.addresses.address import Address
from core.addresses.address import address_of
from core.addresses.checking import Checked
from core.addresses.checking import check_address
from core.errors import Conflict
from core.identity.access import require
from core.identity.deeds import deed
from core.orders.approving import solve
from core.orders.queries import get_order
from core.orders.record import Actor
from core.privacy.records import store_edited
from core.privacy.showing import Buyer
from core.privacy.showing import buyer_of
from core.web import current

LONGEST = 500

blueprint = Blueprint("privacy", __name__, url_prefix="/orders")


@blueprint.get("/<int:order_id>/address")
@require("orders.edit", "personal.view")
def address(order_id: int) -> str:
    """Show the address of an order to correct it; what was received stays."""
    buyer = _buyer(order_id)
    checked = buyer.checked or abort(404)
    return _page(order_id, buyer, checked.address, checked)


@blueprint.post("/<int:order_id>/address")
@require("orders.edit", "personal.view")
def correct(order_id: int) -> str | tuple[str, int] | Response:
    """Store a corrected address; once nothing is wrong with it the order goes on."""
    buyer = _buyer(order_id)
    given = address_of({name: request.form.get(name, "")[:LONGEST] for name in FIELDS})
    checked = check_address(given)
    if checked.problems and "anyway" not in request.form:
        return _page(order_id, buyer, given, checked), 400
    company_id, sent = current.company().id, request.form.get("row_version", "")
    here = current.visitor()
    fields = sorted(name for name in FIELDS if getattr(given, name))
    with (
        current.writing() as session,
        deed(session, company_id, "address.corrected", f"order:{order_id}") as told,
    ):
        version = int(sent) if sent.isascii() and sent.isdecimal() and len(sent) < 18 else -1
        if store_edited(session, company_id, buyer.order_id, given, version) is None:
            raise Conflict("The address was changed meanwhile.", hint="Load it again and repeat.")
        actor = Actor(here.name if here is not None else "", "address corrected")
        solve(session, company_id, [order_id], actor, kind="address")
        if told is not None:
            told.after["fields"] = fields
    flash(_("The address was corrected."), "success")
    return redirect(url_for("orders.show", order_id=order_id), 303)


def _buyer(order_id: int) -> Buyer:
    session, company_id = current.reading(), current.company().id
    get_order(session, company_id, order_id)
    buyer = buyer_of(session, company_id, order_id)
    if buyer is None or buyer.person is None:
        abort(404)
    return buyer


def _page(order_id: int, buyer: Buyer, shown: Address, checked: Checked) -> str:
    order = get_order(current.reading(), current.company().id, order_id)
    wrong = {problem.field: problem.code for problem in checked.problems}
    return render_template(
        "orders/address.html", order=order, buyer=buyer, address=shown, fields=FIELDS, wrong=wrong
    )
