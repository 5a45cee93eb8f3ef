"""Pages of shipping labels: what they would cost, buying one, its file, and who sends parcels.

Sellers of labels are asked only after the request's own session is closed.
"""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint
from flask import Response as FlaskResponse
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
from core.errors import EntrepotError
from core.errors import InputError
from core.identity.access import require
from core.identity.actor import current_actor
from core.labelling.asking import BOUGHT
from core.labelling.asking import REFUSED
from core.labelling.buying import Offers
from core.labelling.buying import offers_for
from core.labelling.deciding import Wish
from core.labelling.deciding import buy_label
from core.labelling.files import file_of
from core.labelling.senders import NEEDED
from core.labelling.senders import kept_sender
from core.labelling.senders import set_sender
from core.labelling.showing import ShownLabel
from core.labelling.showing import seller_labels
from core.labelling.showing import shown_label
from core.labelling.sizes import size_of
from core.labelling.voiding import fetch
from core.labelling.voiding import not_bought
from core.labelling.voiding import void as give_back
from core.orders import queries
from core.orders.record import Actor
from core.warehousing.floor import warehouse_named
from core.warehousing.places import open_places
from core.web import current
from core.web.errors import status_of
from core.web.once import leave_undone

LONGEST = 500
blueprint = Blueprint("labels", __name__)
senders = Blueprint("senders", __name__, url_prefix="/stock/warehouses")

Answer = str | tuple[str, int] | Response


@blueprint.get("/orders/<int:order_id>/label")
@require("orders.view", "orders.ship", "money.view")
def ask(order_id: int) -> str:
    """Ask what the parcel is for which a label is looked for."""
    return _page(order_id)


@blueprint.post("/orders/<int:order_id>/label/offers")
@require("orders.view", "orders.ship", "money.view")
def offers(order_id: int) -> Answer:
    """Show what labels would cost; nothing is bought."""
    company_id, form = _company_of(order_id), request.form
    leave_undone()
    try:
        found = offers_for(
            current.kernel(), company_id, order_id, size=_size(),
            warehouse=form.get("warehouse", ""), seller=form.get("seller", ""),
        )  # fmt: skip
    except EntrepotError as error:
        return _page(order_id, problems=[_said(error)]), status_of(error)
    return _page(order_id, found)


@blueprint.post("/orders/<int:order_id>/label")
@require("orders.view", "orders.ship", "money.view")
def buy(order_id: int) -> Answer:
    """Buy the label that was chosen, if it costs no more than was shown."""
    company_id, form = _company_of(order_id), request.form
    try:
        price = form.get("price", "")
        wish = Wish(
            order_id, form.get("service", ""), _whole(price, "price") if price else None,
            form.get("currency", ""), _size(), form.get("warehouse", ""), form.get("seller", ""),
        )  # fmt: skip
        made = buy_label(current.kernel(), company_id, wish, _actor())
    except EntrepotError as error:
        leave_undone()
        return _page(order_id, problems=[_said(error)]), status_of(error)
    label = shown_label(current.reading(), company_id, made)
    if label.state == BOUGHT:
        flash(_("The label is bought: %(number)s.", number=label.tracking), "success")
    elif label.state == REFUSED:
        flash(_("The label was not sold: %(why)s", why=label.reason), "danger")
    else:
        flash(_("The label is being bought; look again in a few minutes."), "warning")
    return _to_order(label)


@blueprint.post("/labels/<int:label_id>/void")
@require("orders.view", "orders.ship", "money.view")
def void(label_id: int) -> Response:
    """Give a label back that was not used."""
    company_id, label = _label(label_id)
    try:
        answer = give_back(current.kernel(), company_id, label_id, _actor())
    except EntrepotError as error:
        return _refused(label, _said(error))
    if not answer.taken:
        return _refused(label, _("It was not taken back: %(why)s", why=answer.reason))
    flash(_("The label was taken back."), "success")
    return _to_order(label)


@blueprint.post("/labels/<int:label_id>/settle")
@require("orders.view", "orders.ship", "money.view")
def settle(label_id: int) -> Response:
    """Say that a label was not bought, or have it fetched, by the name that its seller has."""
    company_id, label = _label(label_id)
    try:
        if request.form.get("way") == "lost":
            with current.writing() as session:
                not_bought(session, company_id, label_id, _actor())
        else:
            ref = request.form.get("ref", "").strip()[:LONGEST]
            fetch(current.kernel(), company_id, label_id, _actor(), ref=ref)
    except EntrepotError as error:
        return _refused(label, _said(error))
    flash(_("Done."), "success")
    return _to_order(label)


@blueprint.get("/labels/<int:label_id>/file")
@require("orders.view", "orders.ship", "personal.view")
def download(label_id: int) -> FlaskResponse:
    """Send the file to print."""
    printed = file_of(current.reading(), current.company().id, label_id)
    answer = FlaskResponse(printed.content, content_type=printed.kind or "application/octet-stream")
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(printed.name)}"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@senders.get("/<code>/sender")
@require("stock.view", "stock.edit")
def show_sender(code: str) -> str:
    """Show from which address the parcels of a warehouse leave, to change it."""
    session, company_id = current.reading(), current.company().id
    place = warehouse_named(session, company_id, code)
    return _sender_page(code, kept_sender(session, company_id, place) or Address())


@senders.post("/<code>/sender")
@require("stock.view", "stock.edit")
def keep_sender(code: str) -> Answer:
    """Say from which address the parcels of a warehouse leave."""
    company_id = current.company().id
    given = address_of({name: request.form.get(name, "")[:LONGEST] for name in FIELDS})
    warehouse_named(current.reading(), company_id, code)
    try:
        with current.writing() as session:
            set_sender(session, company_id, code, given)
    except EntrepotError as error:
        leave_undone()
        return _sender_page(code, given, [_said(error)]), status_of(error)
    flash(_("Saved."), "success")
    return redirect(url_for("warehousing.warehouses"), 303)


def _page(order_id: int, found: Offers | None = None, problems: list[str] | tuple[()] = ()) -> str:
    session, company_id = current.reading(), current.company().id
    order = queries.get_order(session, company_id, order_id)
    return render_template(
        "orders/label.html",
        order=order,
        found=found,
        problems=problems,
        told=request.form,
        places=open_places(session, company_id),
        sellers=seller_labels(session, company_id, order.platform, order.account),
    )


def _sender_page(code: str, address: Address, problems: list[str] | tuple[()] = ()) -> str:
    return render_template(
        "warehousing/sender.html",
        code=code,
        address=address,
        fields=[name for name in FIELDS if name != "country"],
        needed=NEEDED,
        problems=problems,
    )


def _company_of(order_id: int) -> int:
    """Return whose order it is, and let the request's session go before anybody is asked."""
    company_id = current.company().id
    queries.require_version(current.reading(), company_id, order_id, None)
    current.close_reading()
    return company_id


def _label(label_id: int) -> tuple[int, ShownLabel]:
    """Return a label of the company, and let the request's session go before anybody is asked."""
    company_id = current.company().id
    label = shown_label(current.reading(), company_id, label_id)
    current.close_reading()
    return company_id, label


def _size() -> dict[str, int | None]:
    """Read what a form says of a parcel; what is left empty is known by its SKUs.

    Raises: InputError.
    """
    grams = request.form.get("grams", "").strip()
    return size_of(_whole(grams, "grams") if grams else None, request.form.get("size", ""))


def _whole(text: str, where: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 18):
        raise InputError(f"{text!r} is not a whole number.", where=where)
    return int(text)


def _refused(label: ShownLabel, said: str) -> Response:
    leave_undone()
    flash(said, "danger")
    return _to_order(label)


def _to_order(label: ShownLabel) -> Response:
    return redirect(url_for("orders.show", order_id=label.order_id, _anchor="labels"), 303)


def _said(error: EntrepotError) -> str:
    return f"{error.message} {error.hint}".strip()


def _actor() -> Actor:
    return Actor(current_actor().name or "operator")
