"""The API of shipping labels: `/api/v1/labels`. Prices are minor units.

A label is bought at the price that was seen; what costs more by then is refused. Once it is decided
on the answer is the label, whatever became of it: waiting and buying are settled by a job.
"""

from __future__ import annotations

import base64
from dataclasses import asdict
from typing import Any

from marshmallow import fields
from marshmallow import validate

from core.addresses.address import FIELDS
from core.addresses.address import Address
from core.errors import NotFound
from core.identity.access import require
from core.identity.actor import current_actor
from core.identity.fields import visible_fields
from core.labelling.asking import LARGEST
from core.labelling.asking import SIDES
from core.labelling.buying import offers_for
from core.labelling.deciding import Wish
from core.labelling.deciding import buy_label
from core.labelling.files import file_of
from core.labelling.senders import kept_sender
from core.labelling.senders import set_sender
from core.labelling.shapes import LabelDocument
from core.labelling.shapes import LabelFileDocument
from core.labelling.shapes import OfferDocument
from core.labelling.shapes import OffersDocument
from core.labelling.shapes import SenderDocument
from core.labelling.shapes import VoidedDocument
from core.labelling.showing import labels_of_order
from core.labelling.showing import latest_labels
from core.labelling.showing import shown_label
from core.labelling.voiding import fetch as fetch_again
from core.labelling.voiding import not_bought
from core.labelling.voiding import void as give_back
from core.orders import queries
from core.orders.record import Actor
from core.warehousing.floor import warehouse_named
from core.web import current
from core.web import rest

blueprint = rest.blueprint("labels", __name__)

SIZES = ("grams", *SIDES)
PARCEL: dict[str, fields.Field[Any]] = {
    "order_id": fields.Integer(strict=True, required=True, validate=rest.IDS),
    "warehouse": rest.text(40, load_default=""),
    "seller": rest.text(200, load_default=""),
    **{
        name: fields.Integer(
            strict=True, allow_none=True, load_default=None, validate=validate.Range(1, LARGEST)
        )
        for name in SIZES
    },
}
"""Which parcel it is: what is not said of its size is known by its SKUs; grams and millimetres."""


@blueprint.get("")
@require("orders.view")
@rest.asks(order_id=fields.Integer(validate=rest.IDS), state=rest.text(20, load_default=""))
def index(asked: dict[str, Any]) -> rest.Answer[rest.Items[LabelDocument]]:
    """List labels, the newest first: of an order, or the latest of all."""
    session, company_id = current.reading(), current.company().id
    if (order_id := asked.get("order_id")) is None:
        found = latest_labels(session, company_id, asked["state"])
    else:
        labels = labels_of_order(session, company_id, order_id)
        found = [each for each in labels if asked["state"] in ("", each.state)]
    return rest.respond({"items": [visible_fields(each) for each in found]})


@blueprint.post("/offers")
@require("orders.view", "orders.ship", "money.view")
@rest.takes(**PARCEL)
def offers(told: dict[str, Any]) -> rest.Answer[OffersDocument]:
    """Ask what labels for an order would cost; nothing is bought."""
    company_id = _company_of(told["order_id"])
    found = offers_for(
        current.kernel(), company_id, told["order_id"], size=_size(told),
        warehouse=told["warehouse"], seller=told["seller"],
    )  # fmt: skip
    items = [
        {name: getattr(each, name) for name in OfferDocument.__annotations__}
        for each in found.offers
    ]
    return rest.respond(
        {"connection": found.connection, "parcel": dict(found.parcel), "items": items}
    )


@blueprint.post("")
@require("orders.view", "orders.ship", "money.view")
@rest.takes(
    **PARCEL,
    service=rest.text(200, required=True),
    price=fields.Integer(
        strict=True, required=True, allow_none=True, validate=validate.Range(0, rest.LARGEST)
    ),
    currency=rest.text(3, load_default=""),
)
def buy(told: dict[str, Any]) -> rest.Answer[LabelDocument]:
    """Buy a label if it costs no more than the `price` that was seen."""
    company_id = _company_of(told["order_id"])
    wish = Wish(
        told["order_id"], told["service"], told["price"], told["currency"], _size(told),
        told["warehouse"], told["seller"],
    )  # fmt: skip
    return _shown(buy_label(current.kernel(), company_id, wish, _actor()))


@blueprint.get("/<int:label_id>")
@require("orders.view")
@rest.asks()
def show(label_id: int) -> rest.Answer[LabelDocument]:
    """Show a label."""
    return _shown(label_id)


@blueprint.post("/<int:label_id>/void")
@require("orders.view", "orders.ship", "money.view")
@rest.takes()
def void(label_id: int) -> rest.Answer[VoidedDocument]:
    """Give a label back that was not used."""
    company_id = current.company().id
    current.close_reading()
    answer = give_back(current.kernel(), company_id, label_id, _actor())
    label = visible_fields(shown_label(current.reading(), company_id, label_id))
    return rest.respond({"taken": answer.taken, "reason": answer.reason, "label": label})


@blueprint.post("/<int:label_id>/fetch")
@require("orders.view", "orders.ship", "money.view")
@rest.takes(ref=rest.text(200, load_default=""))
def fetch(told: dict[str, Any], label_id: int) -> rest.Answer[LabelDocument]:
    """Ask the seller for a label again; one that nobody knows by the `ref` that he calls it."""
    current.close_reading()
    company_id = current.company().id
    fetch_again(current.kernel(), company_id, label_id, _actor(), ref=told["ref"])
    return _shown(label_id)


@blueprint.post("/<int:label_id>/lost")
@require("orders.view", "orders.ship", "money.view")
@rest.takes()
def lost(label_id: int) -> rest.Answer[LabelDocument]:
    """Say that a label was not bought, of which nobody knew whether it was."""
    company_id, actor = current.company().id, _actor()
    with current.writing() as session:
        not_bought(session, company_id, label_id, actor)
    return _shown(label_id)


@blueprint.get("/<int:label_id>/file")
@require("orders.view", "orders.ship", "personal.view")
@rest.asks()
def file(label_id: int) -> rest.Answer[LabelFileDocument]:
    """Hand out the file to print."""
    printed = file_of(current.reading(), current.company().id, label_id)
    content = base64.b64encode(printed.content).decode("ascii")
    return rest.respond({"name": printed.name, "kind": printed.kind, "content": content})


@blueprint.get("/senders/<code>")
@require("stock.view", "stock.edit")
@rest.asks()
def sender(code: str) -> rest.Answer[SenderDocument]:
    """Say from which address the parcels of a warehouse leave."""
    session, company_id = current.reading(), current.company().id
    found = kept_sender(session, company_id, warehouse_named(session, company_id, code))
    if found is None:
        raise NotFound("Nobody has said it yet.", hint="POST says it.")
    return rest.respond(asdict(found))


@blueprint.post("/senders/<code>")
@require("stock.view", "stock.edit")
@rest.takes(
    **{name: rest.text(500, load_default="") for name in FIELDS if name != "country"},
)
def keep_sender(told: dict[str, Any], code: str) -> rest.Answer[SenderDocument]:
    """Say from which address the parcels of a warehouse leave; its country is the warehouse's."""
    company_id = current.company().id
    with current.writing() as session:
        address = set_sender(session, company_id, code, Address(**told))
    return rest.respond(asdict(address))


def _company_of(order_id: int) -> int:
    """Return whose order it is, and let the request's session go before anybody is asked."""
    company_id = current.company().id
    queries.require_version(current.reading(), company_id, order_id, None)
    current.close_reading()
    return company_id


def _size(told: dict[str, Any]) -> dict[str, int | None]:
    return {name: told[name] for name in SIZES}


def _shown(label_id: int) -> rest.Answer[LabelDocument]:
    return rest.respond(
        visible_fields(shown_label(current.reading(), current.company().id, label_id))
    )


def _actor() -> Actor:
    return Actor(current_actor().name or "program")
