"""Pages of orders, and the way from a profit figure to the lines behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint
from flask import abort
from flask import flash
from flask import redirect
from flask import render_template
from flask import request
from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core.disputes.reading import disputes_of_order
from core.errors import EntrepotError
from core.errors import InputError
from core.fulfilling.choosing import CHOOSABLE
from core.fulfilling.noticing import UNTOLD
from core.fulfilling.showing import fulfilments_of_order
from core.fulfilling.showing import places_for
from core.fulfilling.telling import settle_untold
from core.identity.access import require
from core.identity.actor import current_actor
from core.identity.actor import may
from core.identity.fields import when_allowed
from core.invoicing.correcting import correct_tax_and_invoices
from core.labelling.asking import READY
from core.labelling.showing import labels_of_order
from core.labelling.showing import seller_labels
from core.ledger import listing as ledger
from core.messages.reading import talks_of_order
from core.messages.replying import answers_through
from core.orders import goods_queries
from core.orders import queries
from core.orders import queue_queries
from core.orders.announced_list import returns_of_order
from core.orders.approving import approve
from core.orders.approving import mark_paid
from core.orders.approving import solve
from core.orders.cancelling import cancel_lines
from core.orders.exceptions import KINDS
from core.orders.exceptions import STOPPING
from core.orders.exceptions import count_queues
from core.orders.inspecting import inspect
from core.orders.inspecting import waits_for_inspection
from core.orders.late_numbers import LATE_NUMBER
from core.orders.late_numbers import keep_tax
from core.orders.lookups import Account
from core.orders.mapping import map_code
from core.orders.offering import OFFERS
from core.orders.offering import offered
from core.orders.offering import splits
from core.orders.order_list import COLUMNS
from core.orders.order_list import STATES
from core.orders.order_list import filter_values
from core.orders.order_list import read_filter
from core.orders.queries import OrderFilter
from core.orders.record import Actor
from core.orders.ruled import CANNOT_BE_ACCEPTED
from core.orders.several import MOST
from core.orders.several_views import open_verbs
from core.orders.shipping import ship
from core.orders.shortages import shortages
from core.orders.splitting import split
from core.orders.taking_back import DISPOSITIONS
from core.orders.taking_back import take_back
from core.orders.tax_queries import order_tax
from core.orders.undoing import marks_of
from core.orders.undoing import standing
from core.paging import read_cursor
from core.privacy.showing import buyer_of
from core.rules.showing import order_choice
from core.rules.showing import order_tags
from core.web import current
from core.web.lists import chosen_columns
from core.web.lists import saved_views
from core.web.once import leave_undone
from core.web.undoing import flash_done

LEDGER_SEEN_WITH = ("ledger.view", "profit.view", "costs.view")
"""What the books of an order ask for, for they tell its costs and its profit."""

blueprint = Blueprint("orders", __name__, url_prefix="/orders")

QUEUE_PERMISSION = "orders.edit"


@blueprint.get("")
@require("orders.view")
def index() -> str:
    """List orders; the address holds the whole state of the list."""
    session, company = current.reading(), current.company()
    narrow = read_filter(request.args)
    cursor = read_cursor(request.args.get("page"), datetime.fromisoformat, int)
    views = saved_views("orders", filter_values(narrow))
    tabs = _tabs(None if any(view.here for view in views) else narrow)
    wanted = {tab.name: tab.narrow for tab in tabs} | {
        f"view {each.id}": read_filter(each.values) for each in views
    }
    counts = queries.count_each(session, company.id, wanted | {"": narrow})
    return render_template(
        "orders/index.html",
        page=queries.list_orders(session, company.id, narrow, cursor),
        narrow=narrow,
        filters=filter_values(narrow),
        matching=counts.get("") or queries.count_orders(session, company.id, narrow),
        tabs=[tab for tab in tabs if tab.always or tab.here or counts[tab.name].number],
        views=views,
        counts=counts,
        states=queries.states_in_use(session, company.id),
        kinds=KINDS,
        columns=chosen_columns("orders"),
        all_columns=COLUMNS,
        verbs=open_verbs(),
        most=MOST,
    )


@dataclass(frozen=True, slots=True)
class _Tab:
    """A tab of the list; `always` there, or only while some orders are in it."""

    name: str
    narrow: OrderFilter
    here: bool
    always: bool = False

    @property
    def values(self) -> dict[str, str]:
        """Return what the tab's address says."""
        return filter_values(self.narrow)


def _tabs(narrow: OrderFilter | None) -> list[_Tab]:
    """Return the tabs: all, what waits for a person, the states of an order's life, the others.

    The list is in a tab whatever else narrows it; with None it is in none of these.
    """
    within = narrow and OrderFilter(narrow.kind, narrow.state, attention=narrow.attention)
    found = {"all": OrderFilter(), "attention": OrderFilter(attention=True)}
    found |= {state: OrderFilter(state=state) for state in STATES}
    found |= {kind: OrderFilter(kind=kind) for kind in ("sale", "credit_note", "charge")}
    always = ("all", "attention", "sale", "credit_note", "charge")
    return [_Tab(name, tab, tab == within, name in always) for name, tab in found.items()]


@blueprint.get("/<int:order_id>")
@require("orders.view")
def show(order_id: int) -> str:
    """Show one order with all that came of it."""
    session, company = current.reading(), current.company()
    order = queries.get_order(session, company.id, order_id)
    entries = when_allowed(
        lambda: ledger.order_entries(session, company.id, order_id), [], *LEDGER_SEEN_WITH
    )
    documents = goods_queries.order_documents(session, company.id, order_id)
    kinds = [kind for kind, _detail in order.exceptions]
    cursor = read_cursor(request.args.get("page"), int)
    return render_template(
        "orders/show.html",
        order=order,
        lines=queries.order_lines(session, company.id, order_id, cursor),
        events=queries.order_events(session, company.id, order_id),
        documents=documents,
        moves_shown=queries.MOVES_SHOWN,
        buyer=when_allowed(lambda: buyer_of(session, company.id, order_id), None, "personal.view"),
        talks=when_allowed(
            lambda: talks_of_order(session, company.id, order_id), [], "messages.view"
        ),
        writes=when_allowed(
            lambda: (
                answers_through(session, company.id, order.platform, order.account, first=True)
                is not None
            ),
            False,
            "messages.answer",
        ),
        tax=order_tax(session, company.id, order_id),
        choice=order_choice(session, company.id, order_id),
        tags=order_tags(session, company.id, order_id),
        entries=entries,
        accounts=ledger.entry_accounts(session, company.id, entries),
        profit=when_allowed(
            lambda: queries.order_profit(session, company.id, order_id),
            {},
            "profit.view",
            "costs.view",
        ),
        promises=queries.order_promises(session, company.id, order_id),
        related=queries.related_orders(session, company.id, order),
        verbs=offered(order.kind, order.state, kinds, together=order.consignment_id is not None),
        offers=OFFERS,
        fulfilments=fulfilments_of_order(session, company.id, order_id),
        places=_places(session, order) if order.state in CHOOSABLE else [],
        labels=labels_of_order(session, company.id, order_id),
        sells_labels=_sells_labels(session, order),
        can_split=splits(order.kind, order.state) and may("orders.edit"),
        can_return=order.kind == "sale" and may("orders.returns"),
        dispositions=DISPOSITIONS,
        announced=returns_of_order(session, company.id, [order_id]),
        disputes=disputes_of_order(session, company.id, order_id),
        can_inspect=waits_for_inspection(documents) and may("orders.returns"),
    )


def _places(session: Session, order: queries.OrderFacts) -> list[str]:
    """Return the warehouses to choose from, where there is a choice and somebody may choose."""
    if order.kind != "sale" or not may("orders.ship"):
        return []
    found = places_for(session, current.company().id, order.platform, order.account)
    return found if len(found) > 1 else []


def _sells_labels(session: Session, order: queries.OrderFacts) -> bool:
    """Say whether somebody who may buy a label for an order could."""
    if order.kind != "sale" or order.state not in READY or not may("orders.ship", "money.view"):
        return False
    return bool(seller_labels(session, current.company().id, order.platform, order.account))


@blueprint.get("/queues")
@blueprint.get("/queues/<kind>")
@require("orders.view")
def queue(kind: str = "") -> str:
    """List the orders of a queue, each with its fix."""
    session, company = current.reading(), current.company()
    counts = count_queues(session, company.id)
    if kind and kind not in counts:
        abort(404)
    kind = kind or next((each for each, count in counts.items() if count), KINDS[0])
    cursor = read_cursor(request.args.get("page"), datetime.fromisoformat, int)
    narrow = OrderFilter(queue=kind)
    page = queries.list_orders(session, company.id, narrow, cursor)
    ids = [row.id for row in page.rows]
    return render_template(
        "orders/queues.html",
        lacking=shortages(session, company.id, ids) if kind == "short" else {},
        kind=kind,
        counts=counts,
        page=page,
        details=queue_queries.queue_details(session, company.id, kind, ids),
        accepts=kind in STOPPING and kind not in CANNOT_BE_ACCEPTED,
    )


@blueprint.post("/queues/<kind>/<int:order_id>")
@require(QUEUE_PERMISSION)
def fix(kind: str, order_id: int) -> Response:
    """Take an order out of a queue in the way that the queue offers."""
    _require_order(order_id)
    form, company_id = request.form, current.company().id

    def act(session: Session) -> object:
        if kind == "unmapped":
            account = Account(company_id, form.get("platform", ""), form.get("account", ""))
            return map_code(session, account, form.get("code", ""), form.get("sku", ""), _actor())
        if kind == "unpaid":
            return mark_paid(session, company_id, [order_id], _actor())
        if kind == "short" and form.get("way") == "split":
            return split(session, company_id, order_id, _actor(), by="stock")
        if kind in (LATE_NUMBER, UNTOLD):
            return _settle(session, company_id, order_id, kind)
        if kind in ("short", "no_route", "warehouse"):
            return approve(session, company_id, [order_id], _actor())
        return solve(session, company_id, [order_id], _actor(), kind=kind)

    return _done(act, order_id, url_for("orders.queue", kind=kind))


def _settle(session: Session, company_id: int, order_id: int, kind: str) -> object:
    """Take an order out of a queue that offers two ways."""
    way = request.form.get("way")
    if kind == UNTOLD:
        return settle_untold(session, company_id, order_id, _actor(), known=way == "known")
    settle = keep_tax if way == "keep" else correct_tax_and_invoices
    return settle(session, company_id, [order_id], _actor())


@blueprint.post("/<int:order_id>/do/<verb>")
@require("orders.view")
def act(order_id: int, verb: str) -> Response:
    """Apply a verb to an order."""
    if verb not in OFFERS:
        abort(404)
    _require_order(order_id)
    offer, company_id = OFFERS[verb], current.company().id
    if not may(offer.permission):
        abort(403)

    def apply(session: Session) -> object:
        return offer.verb(session, company_id, [order_id], _actor(), **dict(offer.options))

    return _done(apply, order_id, url_for("orders.show", order_id=order_id), verb)


@blueprint.post("/<int:order_id>/lines/<verb>")
@require("orders.view")
def act_on_lines(order_id: int, verb: str) -> Response:
    """Ship, split, cancel, take back or judge quantities of lines."""
    if verb not in LINE_VERBS:
        abort(404)
    _require_order(order_id)
    if not may(LINE_VERBS[verb]):
        abort(403)
    form, company_id = request.form, current.company().id

    def apply(session: Session) -> object:
        wanted = _quantities()
        if verb == "ship":
            return ship(session, company_id, [order_id], _actor(), quantities=wanted)
        if verb == "cancel":
            return cancel_lines(session, company_id, order_id, _actor(), line_ids=[*wanted])
        if verb == "inspect":
            return inspect(session, company_id, order_id, _actor(), sellable=wanted)
        if verb == "return":
            asked = form.get("disposition", "inspection")
            how = next((each for each in DISPOSITIONS if each == asked), DISPOSITIONS[-1])
            return take_back(
                session, company_id, order_id, _actor(),
                quantities=wanted, disposition=how, refund="refund" in form,
            )  # fmt: skip
        return _split(session, company_id, order_id, wanted, form.get("by", ""))

    return _done(apply, order_id, url_for("orders.show", order_id=order_id))


def _split(
    session: Session, company_id: int, order_id: int, wanted: dict[int, int], way: str
) -> object:
    """Split an order by what is there, by where it lies, or by quantities."""
    if way in ("stock", "warehouse"):
        return split(
            session, company_id, order_id, _actor(), by="stock" if way == "stock" else "warehouse"
        )
    return split(session, company_id, order_id, _actor(), quantities=wanted)


LINE_VERBS = {
    "ship": "orders.ship",
    "split": "orders.edit",
    "cancel": "orders.edit",
    "return": "orders.returns",
    "inspect": "orders.returns",
}


def _quantities() -> dict[int, int]:
    """Read the quantities of lines that a form gives; empty fields are left out.

    Raises: InputError for what is no whole number.
    """
    found = {}
    for name, text in request.form.items():
        if name.startswith("line-") and text.strip():
            if not text.strip().isdecimal() or not name[5:].isdecimal():
                raise InputError(f"{text!r} is not a whole number.", where="quantity")
            if int(text):
                found[int(name[5:])] = int(text)
    return found


def _actor() -> Actor:
    return Actor(current_actor().name or "operator", request.form.get("why", "").strip()[:500])


def _require_order(order_id: int) -> None:
    """Answer 404 for an order that the company does not have, before anything else is said."""
    queries.require_version(current.reading(), current.company().id, order_id, None)


def _done(act: Callable[[Session], object], order_id: int, back: str, verb: str = "") -> Response:
    """Apply an act in one transaction and go back; what refuses it is said there.

    A form that was sent twice, or is older than the order, changes nothing. Where the verb can be
    taken back, the next page offers it.
    """
    version, company_id = request.form.get("row_version", type=int), current.company().id
    try:
        with current.writing() as session:
            queries.require_version(session, company_id, order_id, version)
            before = standing(session, company_id, [order_id]) if verb else {}
            act(session)
            after = standing(session, company_id, [order_id]) if verb else {}
    except EntrepotError as refusal:
        leave_undone()
        flash(f"{refusal.message} {refusal.hint}".strip(), "danger")
    else:
        marks = marks_of(verb, before, after)
        address = url_for("several_orders.take_back") if marks else ""
        flash_done(_("Done."), address, [("undo", mark.text()) for mark in marks])
    return redirect(back, 303)


@blueprint.get("/lines/<int:line_id>")
@require("orders.view")
def line(line_id: int) -> Response:
    """Lead from a line to its place on its order's page."""
    order_id = queries.order_of_line(current.reading(), current.company().id, line_id)
    return redirect(url_for("orders.show", order_id=order_id, _anchor=f"line-{line_id}"))
