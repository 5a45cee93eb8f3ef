"""The API of orders: `/api/v1/orders`. Amounts are in minor units of the order's currency."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from marshmallow import fields
from marshmallow import validate
from sqlalchemy.orm import Session

from core.errors import InputError
from core.identity.access import require
from core.identity.actor import current_actor
from core.identity.fields import visible_fields
from core.orders import exceptions
from core.orders import queries
from core.orders.merging import merge
from core.orders.naming import all_quantities
from core.orders.naming import line_quantities
from core.orders.offering import OFFERS
from core.orders.offering import Offer
from core.orders.outcome import Outcome
from core.orders.queries import OrderFilter
from core.orders.record import Actor
from core.orders.shapes import Done
from core.orders.shapes import OrderDocument
from core.orders.shapes import OrderHead
from core.orders.shipping import ship
from core.orders.splitting import split
from core.orders.states import State
from core.orders.taking_back import DISPOSITIONS
from core.orders.taking_back import take_back
from core.orders.tax_queries import order_tax
from core.paging import read_cursor
from core.web import current
from core.web import rest
from core.web.shapes import Both

blueprint = rest.blueprint("orders", __name__)

Act = Callable[[Session, int, Actor], list[Outcome]]

COMMON: dict[str, fields.Field[Any]] = {
    "why": rest.text(load_default=""),
    "row_version": rest.Whole,
}
"""What every act on an order may be told."""


@blueprint.get("")
@require("orders.view")
@rest.asks(
    **rest.paging(),
    kind=rest.one_of("sale", "credit_note", "charge", load_default=""),
    state=rest.one_of(*State, load_default=""),
    queue=rest.one_of(*exceptions.KINDS, load_default=""),
    country=rest.text(2, load_default=""),
    number=rest.text(200, load_default=""),
    exception=rest.one_of("none", *exceptions.KINDS, load_default=""),
    attention=fields.Boolean(load_default=False),
)
def index(asked: dict[str, Any]) -> rest.Answer[rest.Listed[OrderHead]]:
    """List orders, the latest first."""
    cursor = read_cursor(asked.pop("cursor"), datetime.fromisoformat, int)
    limit, asked["text"] = asked.pop("limit"), asked.pop("number").strip()
    session, company_id = current.reading(), current.company().id
    page = queries.list_orders(session, company_id, OrderFilter(**asked), cursor, limit)
    return rest.listed(page)


@blueprint.get("/<int:order_id>")
@require("orders.view")
@rest.asks(cursor=rest.text(1000, load_default=""))
def show(
    asked: dict[str, Any], order_id: int
) -> rest.Answer[Both[queries.OrderFacts, OrderDocument]]:
    """Show an order with its lines, what is promised to them, and its timeline."""
    session, company_id = current.reading(), current.company().id
    order = queries.get_order(session, company_id, order_id)
    lines = queries.order_lines(session, company_id, order_id, read_cursor(asked["cursor"], int))
    tax = order_tax(session, company_id, order_id)
    promised = queries.order_promises(session, company_id, order_id)
    events = queries.order_events(session, company_id, order_id)
    return rest.respond(
        {
            **visible_fields(order),
            "exceptions": [kind for kind, _ in order.exceptions],
            "tax": visible_fields(tax) if tax else None,
            "lines": [visible_fields(line) for line in lines.rows],
            "next_lines": lines.next,
            "promised": [dict(row._mapping) for row in promised],
            "timeline": [
                {"at": event.happened_at, "kind": event.kind, "actor": event.actor}
                for event in events
            ],
        }
    )


def _plain(verb: str, offer: Offer) -> None:
    """Offer a verb of whole orders."""

    @require(offer.permission)
    @rest.takes(**COMMON)
    def view(given: dict[str, Any], order_id: int) -> rest.Answer[Done]:
        def act(session: Session, company_id: int, actor: Actor) -> list[Outcome]:
            return offer.verb(session, company_id, [order_id], actor, **dict(offer.options))

        return _do(order_id, given, act)

    view.__doc__ = f"Do with an order what `{verb}` says."
    blueprint.post(f"/<int:order_id>/{verb}", endpoint=verb)(view)


for _verb, _offer in OFFERS.items():
    if _verb != "ship":
        _plain(_verb, _offer)


@blueprint.post("/<int:order_id>/ship")
@require("orders.ship")
@rest.takes(lines=rest.Quantities, tracking=rest.text(load_default=""), **COMMON)
def ship_it(given: dict[str, Any], order_id: int) -> rest.Answer[Done]:
    """Let promised goods of an order leave: all, or `lines` with how much of each code."""

    def act(session: Session, company_id: int, actor: Actor) -> list[Outcome]:
        lines = given.get("lines")
        found = lines and line_quantities(session, company_id, order_id, lines, sent=False)
        return ship(
            session, company_id, [order_id], actor, quantities=found, tracking=given["tracking"]
        )

    return _do(order_id, given, act)


@blueprint.post("/<int:order_id>/split")
@require("orders.edit")
@rest.takes(lines=rest.Quantities, by=rest.one_of("stock", "warehouse"), **COMMON)
def split_it(given: dict[str, Any], order_id: int) -> rest.Answer[Done]:
    """Split an order: `lines` by code, or `by` what is in stock or where it lies."""

    def act(session: Session, company_id: int, actor: Actor) -> list[Outcome]:
        if ("lines" in given) == ("by" in given):
            raise InputError("name either lines or by.", where="lines")
        lines = line_quantities(session, company_id, order_id, given.get("lines", {}), sent=False)
        return split(session, company_id, order_id, actor, quantities=lines, by=given.get("by"))

    return _do(order_id, given, act)


@blueprint.post("/<int:order_id>/return")
@require("orders.returns")
@rest.takes(
    lines=rest.Quantities,
    disposition=rest.one_of(*DISPOSITIONS, load_default="inspection"),
    refund=fields.Boolean(load_default=True),
    reason=rest.text(load_default=""),
    **COMMON,
)
def return_it(given: dict[str, Any], order_id: int) -> rest.Answer[Done]:
    """Take goods of an order back: all that are out, or `lines` with how much of each code."""

    def act(session: Session, company_id: int, actor: Actor) -> list[Outcome]:
        if lines := given.get("lines"):
            found = line_quantities(session, company_id, order_id, lines, sent=True)
        else:
            found = all_quantities(session, company_id, order_id, sent=True)
        return take_back(
            session, company_id, order_id, actor,
            quantities=found, disposition=given["disposition"],
            refund=given["refund"], reason=given["reason"],
        )  # fmt: skip

    return _do(order_id, given, act)


@blueprint.post("/merge")
@require("orders.edit")
@rest.takes(
    orders=fields.List(rest.Whole, required=True, validate=validate.Length(2, 100)),
    accept_value=fields.Boolean(load_default=False),
    why=rest.text(load_default=""),
)
def merge_them(given: dict[str, Any]) -> rest.Answer[Done]:
    """Let `orders` of one buyer leave in one parcel."""
    company_id = current.company().id
    with current.writing() as session:
        done = merge(
            session, company_id, given["orders"], _actor(given), accept_value=given["accept_value"]
        )
    return rest.respond({"orders": [asdict(outcome) for outcome in done]})


def _do(order_id: int, given: dict[str, Any], act: Act) -> rest.Answer[Done]:
    """Apply an act to an order in one transaction and answer how the orders stand."""
    company_id = current.company().id
    with current.writing() as session:
        queries.require_version(session, company_id, order_id, given.get("row_version"))
        done = act(session, company_id, _actor(given))
    return rest.respond({"orders": [asdict(outcome) for outcome in done]})


def _actor(given: dict[str, Any]) -> Actor:
    return Actor(current_actor().name or "program", given["why"].strip())
